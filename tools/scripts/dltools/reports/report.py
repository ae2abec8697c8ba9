"""The report of a training run: what was trained on what, how it went, how good the network is, and how to repeat
it.
"""

import datetime
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dltools.catalogue import target_kinds
from dltools.core.errors import listed
from dltools.core.files import write_text
from dltools.data import scaling, steps, targets
from dltools.evaluation import baseline, class_scores, prediction
from dltools.evaluation.outcome import Outcome
from dltools.model_files import hyperparameters, model_file, records
from dltools.networks import layer_table
from dltools.plots import drawing
from dltools.reports import examples, figures, reconstruction
from dltools.reports.document import MAX_BYTES, Figure, Heading, Matrix, Paragraph, Table, to_html, to_markdown
from dltools.reports.gallery import Gallery

if TYPE_CHECKING:
    import keras

TITLE = "Deep learning training and evaluation"
CAUTIONS = "Before you trust the scores"
# What the tool's form calls the report in Markdown; its figures lie in that dataset's folder.
MARKDOWN_OUTPUT = "outfile_report_markdown"
# Beyond these, a matrix or a list is longer than anyone reads.
MATRIX_CLASSES, LISTED_CLASSES, LISTED_CONFUSIONS, LISTED_TARGETS, LISTED_EPOCHS = 30, 200, 20, 10, 20

# Settings that stand elsewhere, or change nothing.
NOT_TOLD = ("layers_", "validation_split", "verbose")


def write(
    outcome: Outcome,
    html_path: Path | None = None,
    markdown_path: Path | None = None,
    pictures: Path | None = None,
) -> None:
    """Write the report of a run.

    Parameters:
        html_path, markdown_path: what to write; None for neither.
        pictures: folder for the figures that the Markdown shows; None for none.
    """
    with drawing.letters_told():
        found = blocks(outcome)
    if html_path:
        text = to_html(TITLE, found)
        for fewer in (_without_examples, _without_figures):
            if len(text.encode()) > MAX_BYTES:
                text = to_html(TITLE, fewer(found))
        write_text(html_path, text)
    if markdown_path:
        write_text(markdown_path, to_markdown(TITLE, found, Gallery(pictures, MARKDOWN_OUTPUT) if pictures else None))


def blocks(outcome: Outcome) -> list:
    """Return the report as the blocks of `document`."""
    return [
        Paragraph(records.summary(outcome.record)),
        Heading("Scores"), *_scores(outcome),
        *_cautions(outcome),
        Heading("Data"), *_data(outcome),
        Heading("Training"), *_training(outcome.record),
        Heading("Predictions"), *_predictions(outcome),
        *examples.blocks(outcome),
        Heading("Architecture"), *_architecture(outcome.model),
        Heading("Settings"), *_settings(outcome),
        Heading("Run"), *_run(outcome),
    ]  # fmt: skip


def _without_examples(found: list) -> list:
    """Return the blocks without the sheets of examples, for a page that is too large with them."""
    section, kept = "", []
    for block in found:
        section = block.text if isinstance(block, Heading) else section
        if section != examples.HEADING or not isinstance(block, Figure):
            kept.append(block)
    return kept


def _without_figures(found: list) -> list:
    return [block for block in found if not isinstance(block, Figure)]


def _scores(outcome: Outcome) -> list:
    """Return the table of scores, one column a set."""
    found: dict[str, dict[str, str]] = {}
    several = len(outcome.folds or ()) > 1
    for name, value in outcome.scores.items():
        of_set, _, metric = name.partition("_")
        if metric.endswith("_std") and several:
            found[metric.removesuffix("_std")][of_set] += f" ± {value:.3g}"
        else:
            found.setdefault(metric, {})[of_set] = f"{value:.6g}"
    present = [part for part in ("test", "validation", "train") if any(part in values for values in found.values())]
    said = {
        "test": "The test scores are those to report: these samples played no part in the training.",
        "validation": "The training was watched on the validation set, so that scores of new samples may be worse.",
    }
    told = (
        f"Mean and standard deviation over {len(outcome.folds or ())} folds." if several else said.get(present[0], "")
    )
    rows = [
        [metric, *(cell for part in present for cell in (values.get(part, ""), _constant(outcome, part, metric)))]
        for metric, values in found.items()
    ]
    header = [name for part in present for name in (part, f"{part} baseline")]
    return [
        Paragraph(told),
        Table(["Score", *header], rows, caption="Scores and baselines of each set"),
        Paragraph(baseline.legend(outcome.target, "the training set")),
    ]


def _cautions(outcome: Outcome) -> list:
    """Return what makes the scores look better than the network is; nothing where there is nothing to say."""
    said = [*outcome.seen.warnings, *outcome.seen.facts]
    return [Heading(CAUTIONS), *map(Paragraph, said)] if said else []


def _constant(outcome: Outcome, part: str, metric: str) -> str:
    """Return what the same answer for every sample gets, where that is defined."""
    value = outcome.baselines.get(f"{part}_{metric}", np.nan)
    return f"{value:.6g}" if np.isfinite(value) else ""


def _data(outcome: Outcome) -> list:
    features, target = outcome.record.features, outcome.target
    facts = [
        [
            "Samples",
            str(outcome.samples),
            features.contents(len(target.truth)),
        ],
        ["Target", str(outcome.labels), targets.describe(target)],
    ]
    if outcome.divided is not None:
        facts.append(["Sets", "", outcome.divided.sizes()])
    names = ["all", *(name for name, _ in _sets(outcome))]
    every = [np.arange(len(target.truth)), *(rows for _, rows in _sets(outcome))]
    found: list[Table | Paragraph] = [Table(["What", "Dataset", "Contents"], facts, caption="Tables and sets")]
    for own in target.outputs or (target,):
        found += [Paragraph(f"Output {own.output}:")] if own.output else []
        found += _contents(own)(own, names, every)
    return found


def _contents(target: targets.Target) -> Callable[[targets.Target, list[str], list[np.ndarray]], list]:
    """Return what says how a target's values are spread."""
    if target.are_samples:
        return reconstruction.spread
    return _spread if target.kind == target_kinds.REGRESSION else _balance


def _sets(outcome: Outcome) -> list[tuple[str, np.ndarray]]:
    if outcome.divided is None:
        return []
    return list(outcome.divided.named())


def _balance(target: targets.Target, names: list[str], every: list[np.ndarray]) -> list:
    """Say how many samples each class has, in all and in each set."""
    found = [target.by_step(rows)[1] for rows in every]
    one = found[0].ndim == 1
    counts = [np.bincount(truth, minlength=len(target.classes)) if one else truth.sum(axis=0) for truth in found]
    labels = _labels(target)
    shares = counts[0] / max(1, len(found[0]))
    rows = [[label, *(int(count[i]) for count in counts), f"{shares[i]:.1%}"] for i, label in enumerate(labels)]
    header = ["Class" if one else "Label", *names, "Share"]
    return _cut(Table(header, rows, caption="Samples of each class, in each set"), LISTED_CLASSES, "classes")


def _spread(target: targets.Target, names: list[str], every: list[np.ndarray]) -> list:
    """Say what range the values of each target have, in all and in each set."""
    rows, found = [], [target.by_step(positions)[1] for positions in every]
    for column, label in enumerate(_labels(target)):
        for name, truth in zip(names, found, strict=True):
            values = truth[:, column].astype(np.float64)
            rows.append(
                [label, name, len(values), *map(float, (values.min(), values.mean(), values.max(), values.std()))]
            )
    header = ["Target", "Set", "Samples", "Smallest", "Mean", "Largest", "Standard deviation"]
    return _cut(Table(header, rows, caption="Values of each target, in each set"), LISTED_CLASSES, "rows")


def _cut(table: Table, limit: int, what: str) -> list:
    if len(table.rows) <= limit:
        return [table]
    return [table._replace(rows=table.rows[:limit]), Paragraph(f"and {len(table.rows) - limit} more {what}")]


def _labels(target: targets.Target) -> list[str]:
    if target.kind in (target_kinds.BINARY, target_kinds.MULTICLASS):
        return [str(label) for label in target.classes]
    width = target.shape[-1] if target.shape else target.truth.shape[1]
    if target.shape:
        return ["value"] if width == 1 else [f"channel {n}" for n in range(1, width + 1)]
    return [str(name) for name in target.names] or (
        ["target"] if width == 1 else [f"column {n}" for n in range(1, width + 1)]
    )


def _training(record: records.Record) -> list:
    history = record.history
    epochs, seconds = len(history["loss"]), np.asarray(history.get(records.SECONDS, []))
    known = seconds[np.isfinite(seconds)]
    told = (
        f"{epochs} epochs in {known.sum():.1f} s."
        if len(known) == epochs
        else f"{epochs} epochs, the last {len(known)} in {known.sum():.1f} s."
    )
    if "val_loss" in history:
        best = int(np.nanargmin(history["val_loss"])) + 1 if np.isfinite(history["val_loss"]).any() else epochs
        told += f" The loss on the validation set was lowest, {history['val_loss'][best - 1]:.6g}, after epoch {best}."
    if record.first_stage is not None:
        told += f" The second stage begins after epoch {record.first_stage}."
    names = [name for name in history if name != records.SECONDS]
    some = np.unique(np.linspace(0, epochs - 1, min(epochs, LISTED_EPOCHS)).astype(int))
    numbers = Table(
        ["Epoch", *names],
        [[int(epoch) + 1, *(float(history[name][epoch]) for name in names)] for epoch in some],
        caption=f"Loss and metrics of {len(some)} of {epochs} epochs",
    )
    says = ", ".join(f"{name} from {history[name][0]:.4g} to {history[name][-1]:.4g}" for name in names)
    return [
        Paragraph(told),
        Figure(figures.learning_curves(history, record.first_stage), "Loss and metrics of the epochs", numbers, says),
    ]


def _predictions(outcome: Outcome) -> list:
    target, evaluated, training = outcome.target, outcome.evaluated, outcome.record.builder.training
    found = [
        Paragraph(f"What follows is about {len(evaluated.positions)} samples: those of the set that is to be reported.")
    ]
    if target.are_samples:
        return [*found, *reconstruction.blocks(target, evaluated.positions, evaluated.outputs)]
    for own, outputs in target.each(evaluated.outputs) if target.outputs else [(target, evaluated.outputs)]:
        found += [Paragraph(f"Output {own.output}:")] if own.output else []
        found += (
            [Paragraph(f"Each of the {steps.count(own.shape)} steps of a sample counts as one.")] if own.shape else []
        )
        found += _of_output(
            own,
            own.by_step(evaluated.positions)[1],
            prediction.decided(steps.rows(outputs, own.shape), own.kind, training.of(own.output).loss),
        )
    return found


def _of_output(target: targets.Target, truth: np.ndarray, predicted: np.ndarray) -> list:
    if target.kind == target_kinds.REGRESSION:
        return _residuals(truth.astype(np.float64), predicted.astype(np.float64), _labels(target))
    matrix = _matrix(truth, predicted, _labels(target)) if truth.ndim == 1 else []
    return [*matrix, *_per_class(truth, predicted, _labels(target))]


def _residuals(truth: np.ndarray, predicted: np.ndarray, labels: list[str]) -> list:
    rows, drawn = [], []
    for column, label in enumerate(labels[:LISTED_TARGETS]):
        off = truth[:, column] - predicted[:, column]
        rows.append([label, *map(float, (off.mean(), off.std(), np.abs(off).mean(), np.abs(off).max()))])
        png = figures.residuals(truth[:, column], predicted[:, column], label)
        says = f"from {off.min():.4g} to {off.max():.4g}, mean {off.mean():.4g}, standard deviation {off.std():.4g}"
        drawn.append(Figure(png, f"True - predicted of {label}", _distribution(off), says))
    header = ["Target", "Mean of true - predicted", "Standard deviation", "Mean absolute", "Largest absolute"]
    rest = [Paragraph(f"and {len(labels) - LISTED_TARGETS} more targets")] if len(labels) > LISTED_TARGETS else []
    return [Table(header, rows, caption="How far the predictions are off"), *drawn, *rest]


def _distribution(off: np.ndarray) -> Table:
    counts, edges = np.histogram(off, bins=10)
    rows = [
        [f"{low:.4g} to {high:.4g}", int(count)] for low, high, count in zip(edges, edges[1:], counts, strict=False)
    ]
    return Table(["True - predicted", "Samples"], rows, caption="How often each range")


def _matrix(truth: np.ndarray, predicted: np.ndarray, labels: list[str]) -> list:
    """Return the confusion matrix, or for many classes the commonest confusions."""
    from sklearn.metrics import confusion_matrix

    counts = confusion_matrix(truth, predicted, labels=np.arange(len(labels)))
    if len(labels) > MATRIX_CLASSES:
        wrong = counts.copy()
        np.fill_diagonal(wrong, 0)
        order = [
            (int(i), int(j))
            for i, j in zip(
                *np.unravel_index(np.argsort(-wrong, axis=None)[:LISTED_CONFUSIONS], wrong.shape), strict=True
            )
        ]
        rows = [[labels[i], labels[j], int(wrong[i, j])] for i, j in order if wrong[i, j]]
        commonest = Table(["True class", "Predicted class", "Samples"], rows)
        return [Matrix(figures.matrix(counts, labels), "The commonest confusions", commonest)] if rows else []
    shares = class_scores.normalized(counts, "true")
    rows = [[label, *map(int, row)] for label, row in zip(labels, counts, strict=True)]
    shades = [[0.0, *map(float, row)] for row in shares]
    return [
        Matrix(
            figures.matrix(counts, labels),
            "Confusion matrix, one row for each true class, one column for each predicted one",
            Table(["True \\ predicted", *labels], rows, shades),
        )
    ]


def _per_class(truth: np.ndarray, predicted: np.ndarray, labels: list[str]) -> list:
    from sklearn.metrics import precision_recall_fscore_support

    known = {"labels": np.arange(len(labels))} if truth.ndim == 1 else {}
    found = precision_recall_fscore_support(truth, predicted, average=None, zero_division=0, **known)
    rows = [
        [label, *(f"{value:.4f}" for value in values[:3]), int(values[3])]
        for label, *values in zip(labels, *found, strict=True)
    ]
    header = ["Class", "Precision", "Recall", "F1", "Samples"]
    return _cut(Table(header, rows, caption="Scores of each class"), LISTED_CLASSES, "classes")


def _architecture(model: "keras.Model") -> list:
    rows = layer_table.rows(model)
    table = Table(
        list(layer_table.HEADER),
        [[row.position, *map(str, row[1:4]), row.parameters, row.receptive_field] for row in rows],
        caption="Layers of the network",
    )
    return [
        *_cut(table, LISTED_CLASSES, "layers"),
        Paragraph(f"Parameters in all: {sum(row.parameters for row in rows):,}"),
    ]


def _settings(outcome: Outcome) -> list:
    made, scheme = outcome.record.builder, outcome.scheme
    rows = [
        ["learning type", made.training.learning_type],
        ["metrics", listed(made.training.metrics) or "none"],
        ["optimizer", made.training.optimizer.type],
    ]
    rows += [
        [f"output {own.output}", f"{own.learning_type}, loss {own.loss}, which counts {own.loss_weight:g}"]
        for own in made.training.outputs
    ]
    rows += [
        [name, _told(value)] for name, value in hyperparameters.values(made).items() if not name.startswith(NOT_TOLD)
    ]
    rows += [["callback", f"{callback.type} {_told(callback.options)}"] for callback in made.training.callbacks]
    rows += [["feature scaling", scaling.method_of(outcome.model)], ["scheme", scheme.name]]
    for split in scheme.splits:
        settings = {
            name: f"{value:g}" if isinstance(value, float) else value for name, value in split.settings().items()
        }
        rows.append([split.label, ", ".join(f"{name}={value}" for name, value in settings.items())])
    return [Table(["Setting", "Value"], rows, caption="Settings of the training")]


def _told(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _run(outcome: Outcome) -> list:
    rows = [["date", datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")]]
    rows += [[name.replace("_", " "), _told(value)] for name, value in (outcome.record.run or {}).items()]
    rows += [[name, version] for name, version in model_file.versions().items()]
    return [Table(["Fact", "Value"], rows, caption="What the run was made with")]
