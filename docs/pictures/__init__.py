"""The pictures of the guide and the maintainers' pages, drawn when the documentation is built.

Each function of :data:`PICTURES` draws one figure; ``draw_all(folder)`` writes them as
``<name>.png``.
"""

from pathlib import Path

import matplotlib

from pictures import engine_words, flow, holes, house, training, words

PICTURES = {
    "annotation": engine_words.annotation,
    "apex": engine_words.apex,
    "bar": words.bar,
    "cloud": words.cloud,
    "diagram": words.diagram,
    "essential_class": words.essential_class,
    "filtration_value": words.filtration_value,
    "flow": flow.flow,
    "house": house.house,
    "landscape_level": words.landscape_level,
    "layer": words.layer,
    "lune": engine_words.lune,
    "representative_loop": holes.representative_loop,
    "through_training": training.through_training,
    "void": holes.void,
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
