"""How a network is trained: what was chosen in the builder's form, as values with types.

`TrainingConfig.to_json` gives what the builder's ``training.json`` and model files hold::

    {"learning_type": "KerasGClassifier", "random_seed": 7,
     "loss": "categorical_crossentropy", "loss_options": {"label_smoothing": 0.1}, "metrics": ["acc"],
     "optimizer": {"type": "Adam", "options": {"learning_rate": 0.001},
                   "schedule": {"type": "CosineDecay", "options": {"unit": "epochs", "warmup_steps": 5}},
                   "loss_scaling": {"initial_scale": 32768.0}},
     "fit": {"epochs": 2, "batch_size": 500}, "class_weight": "balanced",
     "callbacks": [{"type": "EarlyStopping", "options": {"monitor": "val_loss"}}],
     "outputs": [{"output": "age", "learning_type": "KerasGRegressor", "loss": "mean_squared_error", "loss_weight": 0.1,
                  "metrics": ["mae"]}],
     "split": {"seed": 7, "fold": 2, "folds": 5}}

What was left empty is absent there and None here, so that Keras' default holds; an explicit 0 stays 0.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace

# The value of a keyword argument of Keras, as JSON holds it.
Value = bool | int | float | str | list[float] | None
Options = dict[str, Value]

CLASSIFIER, REGRESSOR = "KerasGClassifier", "KerasGRegressor"
LEARNING_TYPES = (CLASSIFIER, REGRESSOR)
# Of Keras' `fit`.
_BATCH_SIZE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """One of several things on offer, a callback or a schedule: its type, and its keyword arguments."""

    type: str
    options: Options


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimizerConfig:
    """An optimizer.

    Attributes:
        type: its class in `keras.optimizers`.
        options: its keyword arguments.
        schedule: how its learning rate falls, or None for one that stays.
        loss_scaling: the keyword arguments of `keras.optimizers.LossScaleOptimizer`, or None where it is not used.
    """

    type: str
    options: Options
    schedule: Chosen | None = None
    loss_scaling: Options | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FitConfig:
    """The parameters of fitting, each as Keras' `fit` takes it; None for its default."""

    epochs: int | None = None
    batch_size: int | None = None
    steps_per_epoch: int | None = None
    validation_split: float | None = None
    validation_steps: int | None = None
    verbose: int | None = None

    @property
    def samples_a_step(self) -> int:
        """How many samples are learned from at a time."""
        return self.batch_size or _BATCH_SIZE


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputConfig:
    """How one of several outputs learns, where it has a loss of its own.

    Attributes:
        output: its name.
        learning_type, loss, metrics: as in `TrainingConfig`.
        loss_weight: what its loss counts for in the sum of all.
    """

    output: str
    learning_type: str
    loss: str
    loss_weight: float = 1.0
    metrics: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Return what files hold."""
        return {**asdict(self), "metrics": list(self.metrics)}


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedSplit:
    """How samples are divided that all builders of a sweep share, whatever their own seeds are.

    Attributes:
        seed: of the splits for which the training's form gives none.
        fold, folds: which fold of how many is the test set of a cross-validation, counted from 1; None where all are.
    """

    seed: int
    fold: int | None = None
    folds: int | None = None

    def to_json(self) -> dict[str, int]:
        """Return what files hold."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """How a network is trained.

    Attributes:
        learning_type: one of `LEARNING_TYPES`.
        loss, loss_options: the loss's name in the form, and its keyword arguments.
        metrics: names in the form.
        random_seed: the user's, or None to draw one.
        class_weight: "balanced", what each class counts for by its name, or None where all count alike.
        outputs: those of several outputs that have a loss of their own; the others have that of the configuration.
        split: what the builders of a sweep share; None for one that stands alone.
    """

    learning_type: str
    loss: str
    optimizer: OptimizerConfig
    loss_options: Options = field(default_factory=dict)
    metrics: tuple[str, ...] = ()
    fit: FitConfig = field(default_factory=FitConfig)
    callbacks: tuple[Chosen, ...] = ()
    random_seed: int | None = None
    class_weight: str | dict[str, float] | None = None
    outputs: tuple[OutputConfig, ...] = ()
    split: SharedSplit | None = None

    def of(self, output: str) -> "TrainingConfig":
        """Return how the output of this name learns; a single output is called ""."""
        own = next((found for found in self.outputs if found.output == output), None)
        if own is None:
            return replace(self, outputs=()) if self.outputs else self
        return replace(
            self, learning_type=own.learning_type, loss=own.loss, loss_options={}, metrics=own.metrics, outputs=()
        )

    def loss_weights(self, outputs: Iterable[str]) -> list[float]:
        """Return what the loss of each output counts for in the sum."""
        own = {found.output: found.loss_weight for found in self.outputs}
        return [own.get(output, 1.0) for output in outputs]

    @property
    def classifies(self) -> bool:
        """Whether the network learns classes rather than numbers."""
        return self.learning_type == CLASSIFIER

    @property
    def gives_logits(self) -> bool:
        """Whether the loss takes the outputs for logits."""
        return bool(self.loss_options.get("from_logits"))

    def to_json(self) -> dict[str, object]:
        """Return what files hold, of plain dictionaries and lists."""
        optimizer = {"type": self.optimizer.type, "options": dict(self.optimizer.options)}
        further = {"schedule": self.optimizer.schedule, "loss_scaling": self.optimizer.loss_scaling}
        optimizer |= {
            name: asdict(value) if isinstance(value, Chosen) else dict(value)
            for name, value in further.items()
            if value is not None
        }
        return {
            "learning_type": self.learning_type,
            **({} if self.random_seed is None else {"random_seed": self.random_seed}),
            "loss": self.loss,
            "loss_options": dict(self.loss_options),
            "metrics": list(self.metrics),
            "optimizer": optimizer,
            "fit": {name: value for name, value in asdict(self.fit).items() if value is not None},
            **({} if self.class_weight is None else {"class_weight": self.class_weight}),
            "callbacks": [asdict(callback) for callback in self.callbacks],
            **({"outputs": [own.to_json() for own in self.outputs]} if self.outputs else {}),
            **({} if self.split is None else {"split": self.split.to_json()}),
        }
