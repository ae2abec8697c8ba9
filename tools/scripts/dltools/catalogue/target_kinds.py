"""What a network learns to predict, by kind; model files hold these words."""

BINARY, MULTICLASS, MULTILABEL, REGRESSION = "binary", "multiclass", "multilabel", "regression"
# Of a network with several outputs, each of which has a target of its own.
SEVERAL = "several"
