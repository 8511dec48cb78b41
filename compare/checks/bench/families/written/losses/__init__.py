"""The losses of the drawn functions, by name."""

from .chains import CHAINS
from .classification import CLASSIFICATION
from .loss import Loss
from .regression import REGRESSION

LOSSES: dict[str, Loss] = {**REGRESSION, **CLASSIFICATION, **CHAINS}
