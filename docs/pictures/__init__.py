"""The pictures of the guide and the maintainers' pages, drawn when the documentation is built.

Each function of :data:`PICTURES` draws one figure; ``draw_all(folder)`` writes them as
``<name>.png``.
"""

from pathlib import Path

import matplotlib

from pictures import (
    displays,
    engine_words,
    flow,
    glossary,
    holes,
    house,
    reading,
    start,
    training,
    words,
)

PICTURES = {
    "annotation": engine_words.annotation,
    "apex": engine_words.apex,
    "bar": words.bar,
    "births": reading.births,
    "cloud": words.cloud,
    "complexity": glossary.complexity,
    "components": reading.components,
    "degree": glossary.degree,
    "diagram": words.diagram,
    "essential_class": words.essential_class,
    "filtration_value": words.filtration_value,
    "first_map": start.first_map,
    "first_report": start.first_report,
    "flow": flow.flow,
    "house": house.house,
    "landscape_level": words.landscape_level,
    "layer": words.layer,
    "leaf": glossary.leaf,
    "loops": reading.loops,
    "lune": engine_words.lune,
    "predicted_classes": glossary.predicted_classes,
    "probe": glossary.probe,
    "representative_loop": holes.representative_loop,
    "tent": reading.tent,
    "through_training": training.through_training,
    "void": holes.void,
    **{name: draw for name, draw in vars(displays).items() if name.startswith("display_")},
}


def draw_all(folder):
    """Draw every picture into a folder, which is made if need be."""
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        figure = draw()
        figure.savefig(folder / f"{name}.png", dpi=110)
        plt.close(figure)
