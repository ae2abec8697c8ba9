"""The optimizers on offer, their options, and what may not be given together."""

from dltools.core.errors import UserError, listed
from dltools.forms.kinds import Flag, Kind, Parameter, Real, Whole, optional

_FRACTION = Real(0, 1)
_DECAY = Real(0, 1, below=True)
_POSITIVE = Real(0)


def _options(**kinds: Kind) -> tuple[Parameter, ...]:
    return tuple(optional(name, kind) for name, kind in kinds.items())


_RATE = {"learning_rate": _POSITIVE}
_BETAS = {"beta_1": _DECAY, "beta_2": _DECAY}
_ADAM = {**_RATE, **_BETAS, "epsilon": _POSITIVE}
# What every optimizer of Keras takes.
COMMON = _options(
    weight_decay=_POSITIVE, clipnorm=_POSITIVE, clipvalue=_POSITIVE, global_clipnorm=_POSITIVE, use_ema=Flag(),
    ema_momentum=_FRACTION, gradient_accumulation_steps=Whole(2, 2**31 - 1),
)  # fmt: skip
_OWN = {
    "RMSprop": _options(**_RATE, rho=_FRACTION, momentum=_FRACTION, epsilon=_POSITIVE, centered=Flag()),
    "SGD": _options(**_RATE, momentum=_FRACTION, nesterov=Flag()),
    "Adagrad": _options(**_RATE, initial_accumulator_value=_POSITIVE, epsilon=_POSITIVE),
    "Adadelta": _options(**_RATE, rho=_FRACTION, epsilon=_POSITIVE),
    "Adam": _options(**_ADAM, amsgrad=Flag()),
    "Adamax": _options(**_ADAM),
    "Nadam": _options(**_ADAM),
    "Ftrl": _options(
        **_RATE, learning_rate_power=Real(high=0), initial_accumulator_value=_POSITIVE,
        l1_regularization_strength=_POSITIVE, l2_regularization_strength=_POSITIVE,
        l2_shrinkage_regularization_strength=_POSITIVE, beta=_POSITIVE,
    ),
    "AdamW": _options(**_ADAM, amsgrad=Flag()),
    "Lion": _options(**_RATE, **_BETAS),
    "Lamb": _options(**_ADAM),
    "Adafactor": _options(
        **_RATE, beta_2_decay=Real(high=0), epsilon_1=_POSITIVE, epsilon_2=_POSITIVE, clip_threshold=_POSITIVE,
        relative_step=Flag(),
    ),
    "Muon": _options(
        **_RATE, momentum=_DECAY, nesterov=Flag(), ns_steps=Whole(1, 100), rms_rate=_POSITIVE, adam_lr_ratio=_POSITIVE,
        adam_beta_1=_DECAY, adam_beta_2=_DECAY, adam_weight_decay=_POSITIVE, epsilon=_POSITIVE,
    ),
}  # fmt: skip
# Class in keras.optimizers -> its options.
OPTIMIZERS = {name: (*own, *COMMON) for name, own in _OWN.items()}
# What the form shows.
LABELS = {
    "RMSprop": "RMSprop - RMSProp optimizer",
    "SGD": "SGD - Stochastic gradient descent optimizer",
    "Adagrad": "Adagrad - Adagrad optimizer",
    "Adadelta": "Adadelta - Adadelta optimizer",
    "Adam": "Adam - Adam optimizer",
    "Adamax": "Adamax - A variant of Adam based on the infinity norm",
    "Nadam": "Nadam - Nesterov Adam optimizer",
    "Ftrl": "Ftrl - Ftrl optimizer",
    "AdamW": "AdamW - Adam with decoupled weight decay",
    "Lion": "Lion - steps by the sign of the momentum",
    "Lamb": "Lamb - Adam for large batches",
    "Adafactor": "Adafactor - Adam that needs little memory",
    "Muon": "Muon - orthogonalized momentum for weight matrices, Adam for the rest",
}

# What keras.optimizers.LossScaleOptimizer takes, which may be wrapped around each of them.
LOSS_SCALING = _options(initial_scale=Real(1), dynamic_growth_steps=Whole(1, 2**31 - 1))

_CLIPPING = ("clipnorm", "clipvalue", "global_clipnorm")


def check_together(name: str, options: dict) -> None:
    """Refuse options of which Keras takes one only.

    Raises:
        UserError: names those that were given.
    """
    given = [option for option in _CLIPPING if option in options]
    if len(given) > 1:
        raise UserError(
            f"{name}: gradients can be clipped in one way. Received: {listed(given)}. Leave all but one of "
            f"{listed(_CLIPPING)} blank."
        )
