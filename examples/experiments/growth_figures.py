"""Figures of complexity through training: by layer and accuracy, mean landscapes, Betti numbers."""

import matplotlib.pyplot as plt
import numpy as np
from experiments import claims, growth
from matplotlib.ticker import NullFormatter

from skactland.inference import confidence_band


def draw_all(results, folder):
    """Write the figures that the groups at hand allow."""
    if not results:
        return
    figures = {
        "complexity_through_training.png": draw_complexity(results),
        "betti_and_complexity.png": draw_betti(results),
        "mean_landscapes_through_training.png": draw_means(results),
    }
    for name, figure in figures.items():
        if figure is not None:
            figure.savefig(folder / name, dpi=110)
            plt.close(figure)


def draw_complexity(results):
    """Draw the median complexity by layer, a line for each training accuracy."""
    columns = [("euclidean", 0), ("euclidean", 1), ("scaled", 1)]
    figure, axes = plt.subplots(
        len(results),
        len(columns),
        figsize=(9, 1.5 * len(results) + 1),
        layout="constrained",
        squeeze=False,
    )
    shades = plt.get_cmap("viridis")
    layers = [growth.layers_of(*group) for group in results]
    for i, (group, (networks, diagrams)) in enumerate(results.items()):
        names, below = layers[i], layers[i + 1 : i + 2]
        thresholds = [checkpoint["threshold"] for checkpoint in networks[0]]
        for j, (metric, q) in enumerate(columns):
            ax = axes[i, j]
            sizes = growth.tabulate(diagrams, (metric, "all"), growth.complexity)[..., q]
            medians = np.median(sizes, axis=0)
            shown = np.where(medians > 0, medians, np.nan)
            for threshold, line in zip(thresholds, shown, strict=True):
                ax.plot(line, color=shades(threshold * 0.9), linewidth=1.2)
            ax.set_yscale("log")
            if (medians > 0).any():
                least, most = np.floor(np.log10([np.nanmin(shown), np.nanmax(shown)]))
                ax.set_ylim(10**least, 10 ** (most + 1))
            ax.yaxis.set_minor_formatter(NullFormatter())
            ax.set_xticks(range(len(names)), [] if below == [names] else names, rotation=90)
            ax.tick_params(labelsize=7)
            if i == 0:
                ax.set_title(f"{metric}, degree {q}", fontsize=10)
        axes[i, 0].set_ylabel(claims.title(*group), fontsize=8)
    scale = plt.cm.ScalarMappable(plt.Normalize(0, 1 / 0.9), shades)
    bar = figure.colorbar(
        scale, ax=axes, location="top", aspect=50, pad=0.01, boundaries=np.linspace(0, 1, 101)
    )
    bar.set_label("training accuracy (0: before training)")
    bar.set_ticks([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    return figure


def draw_betti(results):
    """Draw Betti numbers at the fixed scale over the complexities of the same networks."""
    groups = [group for group in results if group[0] == "nine"]
    groups = groups or [g for g, (_, d) in results.items() if ("geodesic", "class 0") in d[0]]
    if not groups:
        return None
    figure, axes = plt.subplots(
        2,
        len(groups),
        figsize=(3.6 * len(groups), 5.4),
        sharey="row",
        layout="constrained",
        squeeze=False,
    )
    for j, group in enumerate(groups):
        _, diagrams = results[group]
        names = growth.layers_of(*group)[:-1:2]
        betti = growth.tabulate(diagrams, ("geodesic", "class 0"), growth.betti_number)[:, -1]
        for q in (0, 1):
            mean, spread = betti[..., q].mean(axis=0), betti[..., q].std(axis=0)
            axes[0, j].errorbar(
                range(len(names)), mean, spread, marker="o", capsize=2, label=rf"$\beta_{q}$"
            )
        for metric in ("euclidean", "scaled"):
            for q, style in ((0, "--"), (1, "-")):
                sizes = growth.tabulate(diagrams, (metric, "class 0"), growth.complexity)
                values = np.median(sizes[:, -1, :-1:2, q], axis=0)
                color = "C2" if metric == "euclidean" else "C3"
                axes[1, j].plot(values, style, color=color, label=f"{metric}, degree {q}")
        axes[1, j].set(yscale="log")
        axes[0, j].set_title(f"{claims.title(*group)}, trained")
        for ax in axes[:, j]:
            ax.set_xticks(range(len(names)), names, rotation=45, fontsize=8)
    axes[0, 0].set_ylabel(f"Betti number at hop distance {growth.BETTI_SCALE}")
    axes[1, 0].set_ylabel("complexity (median)")
    axes[0, -1].legend(frameon=False)
    handles, labels = axes[1, -1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    return figure


def draw_means(results, n_landscapes=3):
    """Draw mean landscapes with their bands, before and after training."""
    of_nine = [group for group in results if group[0] == "nine"]
    group = max(of_nine or results, key=lambda group: len(results[group][0]))
    networks, diagrams = results[group]
    names = growth.layers_of(*group)
    key = ("euclidean", "class 0")
    layers = [1, len(names) // 2, len(names) - 3]
    places = [0, len(networks[0]) // 2, len(networks[0]) - 1]
    figure, axes = plt.subplots(len(places), len(layers), figsize=(10, 7), layout="constrained")
    shades = plt.get_cmap("viridis")(np.linspace(0, 0.8, n_landscapes))
    for i, c in enumerate(places):
        for j, layer in enumerate(layers):
            table = [found[key][c][layer][1] for found in diagrams]
            ax, threshold = axes[i, j], networks[0][c]["threshold"]
            if any(len(bars) for bars in table):
                (band,) = confidence_band(
                    table, n_landscapes=n_landscapes, adaptive=True, rng=0
                ).values()
                for k, shade in enumerate(shades):
                    ax.plot(band.t, band.mean[k], color=shade, label=f"$k = {k + 1}$")
                    ax.fill_between(
                        band.t, band.lower[k].clip(0), band.upper[k], color=shade, alpha=0.2
                    )
            word = f"accuracy {threshold:g}" if threshold else "before training"
            ax.set_title(f"{names[layer]}, {word}", fontsize=10)
    for ax in axes[-1]:
        ax.set_xlabel("filtration value")
    for ax in axes[:, 0]:
        ax.set_ylabel(r"mean of $\lambda_k$, degree 1")
    axes[0, -1].legend(frameon=False)
    figure.suptitle(f"{claims.title(*group)}, class 0: mean landscapes of {len(networks)} networks")
    return figure
