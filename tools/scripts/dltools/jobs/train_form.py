"""What the form of 'Deep learning training and evaluation' asks for."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from dltools.catalogue.scorers import DEFAULT, ScorerChoice
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.data import scaling, sets, splits
from dltools.data.image_choice import ImageChoice
from dltools.data.image_sources import FolderClasses
from dltools.data.samples import SampleChoice
from dltools.data.sets import Scheme
from dltools.data.splits import Split
from dltools.forms.kinds import Choice, Kind, Real, Whole
from dltools.forms.parameters import Form, boolean, dataset, is_chosen, is_empty, several, with_further
from dltools.jobs import input_form
from dltools.model_files.hyperparameters import Swap
from dltools.tables.chosen import ChosenTable
from dltools.training import precision
from dltools.training.automatic_precision import AUTOMATIC
from dltools.training.stages import FineTuning

AFRESH = "afresh"
# Among the outputs that are wanted, what is no file of its own.
EXAMPLES = "save_examples"
_ONE, _TWO = _STAGES = ("one", "two")
_SEED = Whole(0, 2**32 - 1)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TrainForm:
    """A training, as the user asks for it.

    Attributes:
        model: a builder, or a trained model.
        swaps: new values for its settings.
        samples, target: what to train on; the target of images may be their folders. No target where the samples
            themselves are to be given back.
        weights: the table with what each sample counts for; None where all count alike.
        scaling: one of `scaling.METHODS`.
        scheme: how the samples are divided.
        scorers: the scores to compute.
        saved: the outputs that are wanted beside the scores, as the form calls them.
        afresh: whether a trained model starts from its architecture alone.
        precision: one of `precision.PRECISIONS`, or `automatic_precision.AUTOMATIC`.
        every_training_sample: whether the scores of the training set are computed on all of it.
        minutes: how long the job may take from the start of its process; None for no limit.
        starting: the file with the weights that the network starts from; None for fresh ones.
        tuning: the second stage of the training, or None for a training of one.
    """

    model: Dataset
    swaps: tuple[Swap, ...]
    samples: SampleChoice
    target: ChosenTable | FolderClasses | None
    weights: ChosenTable | None
    scaling: str
    scheme: Scheme
    scorers: ScorerChoice
    saved: tuple[str, ...]
    afresh: bool
    precision: str
    every_training_sample: bool
    minutes: float | None
    starting: Dataset | None
    tuning: FineTuning | None

    @classmethod
    def read(cls, form: Form) -> "TrainForm":
        """Read all parameters of the tool, as Galaxy's JSON holds them.

        Raises:
            UserError: names the parameter.
        """
        run, inputs = form["experiment_schemes"], form["input_options"]
        options = with_further({"run_options": run.get("run_options")}, "run_options")
        options = with_further(with_further(options, "time_limit"), "autoencoder")
        starting = with_further({"starting_weights": run.get("starting_weights")}, "starting_weights")
        weights = with_further({"sample_weights": inputs.get("sample_weights")}, "sample_weights")
        scaled = with_further({"feature_scaling": form.get("feature_scaling")}, "feature_scaling")
        found = cls(
            model=dataset(run["infile_estimator"], "Choose the dataset containing pipeline/estimator object"),
            swaps=tuple(_swaps(run.get("hyperparams_swapping") or {})),
            samples=input_form.samples(inputs),
            target=None if _reproduces(options) else input_form.target(inputs),
            weights=input_form.table(weights, "w", "Dataset containing the sample weights") if weights else None,
            scaling=Choice(scaling.METHODS).read(scaled.get("scaling", scaling.NONE), "Feature scaling"),
            scheme=read_scheme(run),
            scorers=_scorers(run["metrics"]["scoring"]),
            saved=tuple(several(form.get("save"))),
            afresh=options.get("start") == AFRESH,
            precision=Choice((*precision.PRECISIONS, AUTOMATIC)).read(
                options.get("precision") or precision.FULL, "Precision of the arithmetic"
            ),
            every_training_sample=boolean(options.get("score_all_training"), "score_all_training"),
            minutes=_minutes(options.get("max_minutes")),
            starting=_starting(starting.get("infile_weights")),
            tuning=_tuning(starting.get("fine_tuning") or {}),
        )
        _check_images(found)
        return found

    @property
    def epochs_swapped(self) -> bool:
        """Whether the form says how many epochs to train for."""
        return any(swap.name.strip() == "epochs" for swap in self.swaps)

    @property
    def examples(self) -> bool:
        """Whether the report is to show images of samples."""
        return EXAMPLES in self.saved

    @property
    def target_source(self) -> Dataset:
        """Where the target comes from."""
        return self.samples.source if self.target is None else self.target.dataset

    @property
    def tables(self) -> list[ChosenTable]:
        """The tables that have a row for each sample."""
        target = [self.target] if isinstance(self.target, ChosenTable) else []
        return [*self.samples.tables, *target, *self.beside]

    @property
    def beside(self) -> list[ChosenTable]:
        """The tables beside samples and target that have a row for each sample."""
        named = [table for split in self.scheme.splits for table in (split.groups, split.column)]
        return [table for table in (self.weights, *named) if table is not None]


def _check_images(form: TrainForm) -> None:
    """Refuse what goes together with tables only.

    Raises:
        UserError: says what to do instead.
    """
    if isinstance(form.samples, ImageChoice) and form.scaling != scaling.NONE:
        raise UserError(
            "Feature scaling: is for columns of tables. Remove the box; images are brought to one scale anyway, which "
            "'Size and scale of the images' changes."
        )
    if isinstance(form.samples, ImageChoice) and form.samples.named is None and form.beside:
        raise UserError(
            f"{form.beside[0].dataset}: has a row for each sample, but where folders are the classes there are no "
            "rows. Give the labels in a table with the images' names; then this table has a row for each of its rows."
        )


def _reproduces(options: Form) -> bool:
    return boolean(options.get("reproduce"), "The target is the samples themselves")


def _swaps(section: Form) -> Iterator[Swap]:
    """Yield the new values for settings; rows of the form without a name say nothing."""
    for entry in section.get("param_set") or ():
        if not is_empty(entry.get("sp_name")):
            value = entry.get("sp_value")
            yield Swap(str(entry["sp_name"]), "" if value is None else str(value))


def _scorers(conditional: Form) -> ScorerChoice:
    primary = conditional.get("primary_scoring")
    return ScorerChoice(
        DEFAULT if is_empty(primary) else str(primary), tuple(several(conditional.get("secondary_scoring")))
    )


def read_scheme(run: Form) -> Scheme:
    """Return how a training divides its samples, from the case of `experiment_schemes`.

    Raises:
        UserError: names the parameter.
    """
    name = Choice(sets.SCHEMES).read(run["selected_exp_scheme"], "Select a scheme")
    at_once = (*splits.METHODS, splits.COLUMN)
    if name == sets.TRAIN_VAL:
        return Scheme(name=name, validation=_split(run, "test_split", "Validation holdout", at_once))
    validation = _split(run, "val_split", "Validation holdout", (*splits.METHODS, splits.NO_VALIDATION))
    if name == sets.TRAIN_VAL_TEST:
        return Scheme(name=name, validation=validation, test=_split(run, "test_split", "Test holdout", at_once))
    return Scheme(name=name, validation=validation, folds=_split(run, "fold_split", "Folds", splits.FOLD_METHODS))


def _split(run: Form, section: str, label: str, methods: tuple[str, ...]) -> Split:
    form = with_further(run[section]["split_algos"], "own_groups")
    method = Choice(methods).read(form["shuffle"], f"{label}: Select the splitting method")
    groups = form.get("groups_selector") if method in splits.BY_GROUP else None
    by_column = method == splits.COLUMN
    return Split(
        label=label,
        method=method,
        size=_number(form, "test_size", Real(0), label),
        folds=_number(form, "n_splits", Whole(2), label),
        seed=_number(form, "random_state", _SEED, label),
        groups=input_form.table(groups, "g", "Dataset containing the groups") if groups else None,
        group_names=tuple(name for part in str(form.get("group_names") or "").split(",") if (name := part.strip())),
        column=input_form.table(form["split_selector"], "s", "Dataset containing the sets") if by_column else None,
    )


def _minutes(value: Any) -> float | None:
    return None if is_empty(value) else Real(0).read(value, "Time limit in minutes")


def _starting(value: Any) -> Dataset | None:
    return dataset(value, "Dataset with the starting weights") if is_chosen(value) else None


def _tuning(form: Form) -> FineTuning | None:
    """Return the second stage of the training, from the conditional of the form."""
    stages = Choice(_STAGES).read(form.get("stages", _ONE), "How the network is trained")
    if stages == _ONE:
        return None
    layers = form.get("tuned_layers")
    rate = Real(0).read(form.get("tuning_rate"), "Learning rate of the second stage")
    if not rate:
        raise UserError("Learning rate of the second stage must be above 0. Received: 0.")
    return FineTuning(
        epochs=Whole().read(form.get("tuning_epochs"), "Epochs of the second stage"),
        rate=rate,
        layers=None if is_empty(layers) else Whole().read(layers, "How many frozen layers learn in the second stage"),
    )


def _number(form: Form, name: str, kind: Kind, label: str) -> Any:
    """Return a number of the form; None where it was left blank."""
    value = form.get(name)
    return None if is_empty(value) else kind.read(value, f"{label}: {name}")
