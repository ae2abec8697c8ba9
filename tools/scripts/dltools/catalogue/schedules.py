"""Learning-rate schedules: how the learning rate changes while training, from the optimizer's own on.

Periods are given in epochs or in steps (batches). How many steps an epoch has is known when a run begins, so
`make` counts them out then. The formulas are those of `keras.optimizers.schedules`.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

from dltools.catalogue.training_config import Chosen, OptimizerConfig, TrainingConfig
from dltools.core.errors import UserError
from dltools.forms.kinds import Choice, Flag, Numbers, Parameter, Real, Whole, bracketed, optional, read_parameters

if TYPE_CHECKING:
    import keras

# Each takes TensorFlow time to prepare.
MAX_BOUNDARIES = 100
# Beyond what any run comes to, and a whole number of 64 bits.
_LAST_STEP = 2**62
EPOCHS, STEPS = UNITS = ("epochs", "steps")


class Rates(NamedTuple):
    """Learning rates in brackets: ``(0.001, 0.0001)``."""

    def read(self, value: Any, label: str) -> list[float]:
        """Return the rates, a list of float; refuse what are none."""
        rates = bracketed(value, label, "learning rates in brackets, such as (0.001, 0.0001)")
        several = list(rates) if isinstance(rates, (tuple, list)) else [rates]
        return [Real(0).read(rate, label) for rate in several]


_UNIT = optional("unit", Choice(UNITS))
_DECAY = (_UNIT, Parameter("decay_steps", Whole()), Parameter("decay_rate", Real(0)), optional("staircase", Flag()))
_ALPHA = optional("alpha", Real(0, 1))
# Class in keras.optimizers.schedules -> its parameters in the form.
SCHEDULES = {
    "ExponentialDecay": _DECAY,
    "CosineDecay": (_UNIT, optional("decay_steps", Whole()), _ALPHA, optional("warmup_steps", Whole(0)),
    optional("warmup_from", Real(0))),
    "CosineDecayRestarts": (
        _UNIT, Parameter("first_decay_steps", Whole()), optional("t_mul", Real(1)), optional("m_mul", Real(0)), _ALPHA,
    ),
    "PolynomialDecay": (
        _UNIT, optional("decay_steps", Whole()), optional("end_learning_rate", Real(0)), optional("power", Real(0)),
        optional("cycle", Flag()),
    ),
    "PiecewiseConstantDecay": (_UNIT, Parameter("boundaries", Numbers()), Parameter("values", Rates())),
    "InverseTimeDecay": _DECAY,
}  # fmt: skip
# What the form shows, in its order.
LABELS = {
    "CosineDecay": "CosineDecay: falls along half a cosine, after a warm-up if wanted",
    "ExponentialDecay": "ExponentialDecay: multiplied by the same number again and again",
    "PolynomialDecay": "PolynomialDecay: falls in a straight line or a power of it",
    "PiecewiseConstantDecay": "PiecewiseConstantDecay: rates of your own, each from an epoch of your own on",
    "InverseTimeDecay": "InverseTimeDecay: divided by a number that grows evenly",
    "CosineDecayRestarts": "CosineDecayRestarts: falls along half a cosine, and starts again",
}


def read(selection: dict) -> Chosen:
    """Read the form's conditional `schedule`: a key of `SCHEDULES`, and its parameters that are not blank.

    Raises:
        UserError: names the parameter, the rule and what was received.
    """
    kind = Choice(tuple(SCHEDULES)).read(selection.get("schedule_type"), "Learning-rate schedule")
    options = read_parameters(SCHEDULES[kind], selection, kind)
    if kind == "PiecewiseConstantDecay":
        boundaries, values = options["boundaries"], options["values"]
        if len(boundaries) > MAX_BOUNDARIES:
            raise UserError(f"{kind}: there may be at most {MAX_BOUNDARIES} boundaries. Received: {len(boundaries)}.")
        if boundaries[0] <= 0:
            raise UserError(f"{kind}: boundaries must be above 0. Received: {boundaries[0]:g}.")
        if len(boundaries) != len(values):
            raise UserError(
                f"{kind}: values must be as many as boundaries, one learning rate from each of them on. Received: "
                f"{len(boundaries)} boundaries, {len(values)} values."
            )
    return Chosen(type=kind, options=options)


def make(chosen: Chosen, rate: float, steps: int, epochs: int) -> "keras.optimizers.schedules.LearningRateSchedule":
    """Return the `keras.optimizers.schedules.LearningRateSchedule` of a run.

    Parameters:
        chosen: as `read` returns it.
        rate: the optimizer's learning rate.
        steps: how many batches an epoch has.
        epochs: how many the training has in all, those of earlier runs included.

    Raises:
        UserError: a warm-up that leaves no epoch for what follows it.
    """
    import keras

    kind = chosen.type
    options: dict[str, Any] = dict(chosen.options)
    length = steps if options.pop("unit", EPOCHS) == EPOCHS else 1
    if kind == "PiecewiseConstantDecay":
        # Keras counts steps from 0 and keeps a rate up to and including its boundary.
        options["boundaries"] = [
            max(1, round(min(boundary * length, _LAST_STEP))) - 1 for boundary in options["boundaries"]
        ]
        return keras.optimizers.schedules.PiecewiseConstantDecay(options["boundaries"], [rate, *options["values"]])
    for name in ("decay_steps", "first_decay_steps", "warmup_steps"):
        if name in options:
            options[name] = min(options[name] * length, _LAST_STEP)
    if kind in ("CosineDecay", "PolynomialDecay") and "decay_steps" not in options:
        options["decay_steps"] = _all_after(options.get("warmup_steps", 0), steps * epochs, kind)
    start = options.pop("warmup_from", 0.0)
    if options.get("warmup_steps"):
        return keras.optimizers.schedules.CosineDecay(start, warmup_target=rate, **options)
    options.pop("warmup_steps", None)
    return getattr(keras.optimizers.schedules, kind)(rate, **options)


def _all_after(warmup: int, steps: int, kind: str) -> int:
    if warmup >= steps:
        raise UserError(
            f"{kind}: the warm-up of {warmup} steps leaves nothing of the training, which has {steps} steps. Give "
            "fewer warmup_steps, or more epochs."
        )
    return steps - warmup


def apply(training: TrainingConfig, optimizer: "keras.Optimizer", steps: int, epochs: int) -> list:
    """Give an optimizer the run's schedule, if it has one, in place of its constant learning rate.

    Parameters:
        optimizer: a `keras.optimizers.Optimizer`, which has taken as many steps as its `iterations` says.
        steps, epochs: see `make`.

    Returns:
        The callbacks that tell the learning rate with every epoch's figures.

    Raises:
        UserError: a run that goes on where the schedule has come down to 0 for good.
    """
    import keras

    chosen = training.optimizer.schedule
    if chosen is None:
        return []
    schedule = make(chosen, start_rate(training.optimizer), steps, epochs)
    # On several devices it is a variable of all of them, which `int` does not take.
    done = int(keras.ops.convert_to_numpy(optimizer.iterations))
    if done and not float(schedule(done)) and not float(schedule(done + steps - 1)):
        raise UserError(
            f"{chosen.type}: the learning rate has come down to 0, so training further would change nothing. Swap "
            "schedule__decay_steps for a longer period."
        )
    optimizer.learning_rate = schedule
    return [
        keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: logs.update(learning_rate=float(optimizer.learning_rate))
        )
    ]


def start_rate(chosen: OptimizerConfig) -> float:
    """Return the learning rate that an optimizer is given, or has by default."""
    import inspect

    import keras

    default = inspect.signature(getattr(keras.optimizers, chosen.type)).parameters["learning_rate"].default
    return float(chosen.options.get("learning_rate", default))
