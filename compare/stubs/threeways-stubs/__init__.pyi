# What type checkers know of `import threeways`. A module of one file cannot ship a py.typed; a stub package can.
from compare import (
    Finding as Finding,
)
from compare import (
    Report as Report,
)
from compare import (
    UserError as UserError,
)
from compare import (
    Verdict as Verdict,
)
from compare import (
    assert_gradients_agree as assert_gradients_agree,
)
from compare import (
    check_gradients as check_gradients,
)
from compare import (
    check_rules as check_rules,
)
from compare import (
    check_step as check_step,
)
from compare import (
    check_vjp as check_vjp,
)
from compare import (
    module_loss as module_loss,
)

__version__: str

def main() -> int: ...
