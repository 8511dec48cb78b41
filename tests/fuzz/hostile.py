# ruff: noqa: E501  # one hostile thing after the other: a table
"""Hostile files of a user's own, written by hand: {name: text}. Each is a right file with one thing in another way.

What each must come to is the same for all: a verdict, or exit status 2 and a line.
"""

import re

from tests.fuzz.templates import GIVEN, GIVEN_JAX_OP, GIVEN_OP, GIVEN_THREE, HAND, JAX_OP, THREE, TORCH_OP

# Arrays in the place of x.
ARRAYS = [
    "np.full((5, 2), np.nan)", "np.full((5, 2), -np.inf)", "V + 1j", "V.astype(object)", "np.full((5, 2), None)",
    "np.array([['a', 'b']] * 5)", "np.array([[b'a', b'b']] * 5)", "V.astype('M8[s]')", "V.astype('m8[D]')",
    "np.zeros((5, 2), [('a', 'f8'), ('b', 'i4')])", "np.zeros((5, 2), 'V8')", "np.rec.array(np.zeros(5, 'f8,f8'))",
    "V > 0", "V.astype(np.int8)", "np.full((5, 2), 2**63, np.uint64)", "V.astype(np.float16)", "V.astype('>f8')",
    "V.astype(np.longdouble)", "V.astype(np.clongdouble)", "np.ma.masked_greater(V, 0)", "np.ma.masked_all((5, 2))",
    "np.matrix(V)", "V[::-1, ::-1]", "np.broadcast_to(1.0, (5, 2))", "np.asfortranarray(V)", "np.ones((0, 2))",
    "np.ones((5, 0))", "np.ones(())", "np.ones(5)", "V.tolist()", "[[1.0, 2.0], [3.0]]", "tuple(map(tuple, V))",
    "(row for row in V)", "{'x': V}", "None", "set()", "'V'", "1.0", "np.float64(1)", "10**400", "[10**400] * 5",
    "np.empty((0, 10**12))", "np.broadcast_to(1.0, (10**9, 2))", "np.broadcast_to(1.0, (10**15, 2))", "np.ones((1,) * 60)",
    "V * 5e-324", "V * 1e308", "memoryview(V)", "np.nditer(V)", "np.ndarray", "lambda: V", "sys", "Ellipsis",
    "np.array([__import__('fractions').Fraction(1, 3)] * 10).reshape(5, 2)",
    "np.array([__import__('decimal').Decimal('0.1')] * 10).reshape(5, 2)",
    "__import__('scipy.sparse').sparse.csr_matrix(V)", "__import__('torch').tensor(V, requires_grad=True)",
    "__import__('torch').zeros(5, 2, device='meta')", "__import__('jax').numpy.asarray(V)", "range(10**12)",
    "__import__('array').array('d', [1, 2])", "iter([])", "bytearray(80)", "type('A', (), {'shape': (5, 2)})()",
    "np.lib.stride_tricks.as_strided(V, (5, 2), (0, 0))", "np.memmap('mapped', float, 'w+', shape=(5, 2))",
    "np.memmap('mapped2', float, 'w+', shape=(5, 2))[:0]", "np.random", "object()", "np.array(None)", "[V, [V, [V]]]",
]  # fmt: skip

# Statements before `params`, and an expression of x that uses them.
CLASSES = [
    ("class A(np.ndarray):\n    def __array_finalize__(self, o): raise RuntimeError('no')", "V.view(A)"),
    ("class A(np.ndarray):\n    def __array_finalize__(self, o): pass\n    __array_ufunc__ = None", "V.view(A)"),
    ("class A(np.ndarray):\n    def __array_function__(self, *a, **k): raise TypeError('no')", "V.view(A)"),
    ("class A(np.ndarray):\n    def __array_ufunc__(self, *a, **k): return NotImplemented", "V.view(A)"),
    ("class A(np.ndarray):\n    def __getitem__(self, i): raise IndexError('none')", "V.view(A)"),
    ("class A(np.ndarray):\n    def __eq__(self, o): raise ValueError('eq')\n    __hash__ = None", "V.view(A)"),
    ("class A(np.ndarray):\n    @property\n    def shape(self): raise ValueError('shape')", "V.view(A)"),
    ("class A(np.ndarray):\n    @property\n    def shape(self): return 'abc'", "V.view(A)"),
    ("class A(np.ndarray):\n    @property\n    def dtype(self): return None", "V.view(A)"),
    ("class A(np.ndarray):\n    def copy(self, *a): return self\n    def __copy__(self): raise OSError", "V.view(A)"),
    ("class A(np.ndarray):\n    def __deepcopy__(self, m): raise RuntimeError('deep')", "V.view(A)"),
    ("class A(np.ndarray):\n    def __repr__(self): raise RuntimeError('repr')", "V.view(A)"),
    ("class A(np.ndarray):\n    def __len__(self): return -1", "V.view(A)"),
    ("class A(np.ndarray):\n    def tolist(self): return self", "V.view(A)"),
    ("class A(np.ndarray):\n    def astype(self, *a, **k): raise TypeError", "V.view(A)"),
    ("class A:\n    def __array__(self, *a, **k): raise RuntimeError('array')", "A()"),
    ("class A:\n    def __array__(self, *a, **k): return rng.normal(size=(5, 2))", "A()"),
    ("class A:\n    def __array__(self, *a, **k): return 'text'", "A()"),
    ("class A:\n    def __array__(self, *a, **k): return self", "A()"),
    ("class A:\n    def __getattr__(self, n): return self\n    def __call__(self, *a, **k): return self", "A()"),
    ("class A:\n    def __getattr__(self, n): raise ValueError(n)", "A()"),
    ("class A:\n    def __getattr__(self, n): return getattr(self, n + '_')", "A()"),
    ("class A:\n    def __getattribute__(self, n): raise SystemExit(n)", "A()"),
    ("class A(list):\n    def __iter__(self):\n        while True: yield 1.0", "A([1.0])"),
    ("class A(list):\n    def __len__(self): raise ValueError('len')", "A(V)"),
    ("class A(list):\n    def __len__(self): return 10**18", "A(V)"),
    ("class A(float):\n    def __repr__(self): raise ValueError\n    __str__ = __repr__", "[[A(1), A(2)]] * 5"),
    ("class A(dict):\n    def __getitem__(self, k): raise KeyError('\\x1b[2J')", "A(x=V)"),
    ("class A:\n    __class__ = np.ndarray", "A()"),
    ("class A:\n    shape = property(lambda s: 1 / 0)\n    dtype = float", "A()"),
    ("class A:\n    shape = (10**9,) * 9\n    dtype = 'f8'\n    ndim = 'many'", "A()"),
    ("class A(type):\n    def __repr__(c): raise ValueError('meta')\n    __str__ = __repr__\nclass B(metaclass=A): pass", "B()"),
    ("a = []; a.append(a)", "a"),
    ("a = {}; a['a'] = a", "a"),
    ("a = 1.0\nfor _ in range(5000): a = [a]", "a"),
]  # fmt: skip

# Expressions of params.
PARAMS = [
    "__import__('types').MappingProxyType({'W': W, 'b': b})", "__import__('collections').defaultdict(lambda: W, W=W, b=b)",
    "__import__('collections').UserDict(W=W, b=b)", "__import__('collections').ChainMap({'W': W}, {'b': b})",
    "__import__('collections').OrderedDict(W=W, b=b)", "__import__('types').SimpleNamespace(W=W, b=b)",
    "__import__('collections').namedtuple('P', 'W b')(W, b)", "[W, b]", "(W,)", "{}", "None", "W", "dict",
    "{'W': W, 'b': W[:, 0]}", "{'W': W, 'b': b, 1: b}", "{'W': W, 'b': b, None: b}", "{'W': W, 'b': b, (1, 2): b}",
    "{'W': W, 'b': b, b'b': b}", "{'W': W, 'b': b, '': b}", "{'W': W, 'b': b, '\\x1b[2J': b}",
    "{'W': W, 'b': b, '\\ud800': b}", "{'W': W, 'b': b, 'n' * 10**5: b}", "{'W': W, 'b': b, 'a/b': b}",
    "{'W': W, 'b': b, '__class__': b}", "{'W': W, 'b': b, '..': b, '.': b}", "{'W': W, 'b': b, np.str_('c'): b}",
    "{'W': W, 'b': b, 'c': {'d': {'e': b}}}", "{'W': W, 'b': b, 'c': []}", "{'W': W, 'b': b, 'c': print}",
    "{'W': W, 'b': b, 'c': 'text'}", "{'W': W, 'b': b, 'c': None}", "{'W': W, 'b': b, 'c': True}",
    "{'W': W, 'b': b, **{f'p{i}': b for i in range(3000)}}", "{'W': W, 'b': b, 'c': np.zeros(0)}",
    "{'W': W.astype(int), 'b': b}", "{'W': W.astype(np.float16), 'b': b}", "{'W': W + 0j, 'b': b}",
    "{'W': W.astype(object), 'b': b}", "{'W': np.matrix(W), 'b': b}", "{'W': np.ma.array(W, mask=W > 0), 'b': b}",
    "{'W': W.tolist(), 'b': b.tolist()}", "{'W': W * np.nan, 'b': b}", "{'W': W * np.inf, 'b': b}",
    "{'W': W, 'b': np.float64(1)}", "{'W': W, 'b': 1}", "{'W': W, 'b': 10**400}", "{'W': W, 'b': b.astype('M8[s]')}",
    "{'W': np.broadcast_to(1.0, (3, 2)), 'b': b}", "{'W': W, 'b': np.lib.stride_tricks.as_strided(W, (3,), (8,))}",
    "{'W': W.astype('>f8'), 'b': b.astype('>f8')}", "{'W': W.astype(np.longdouble), 'b': b}",
    "{'W': np.zeros((3, 2), [('a', 'f8')]), 'b': b}", "{'W': W.copy(), 'b': b, 'b ': b, 'B': b}",
    "{'W': __import__('torch').tensor(W), 'b': __import__('torch').tensor(b)}", "{'W': W, 'b': b, 'c': np.zeros((0, 10**12))}",
]  # fmt: skip
MAPPINGS = [
    "class P(dict):\n    def __getitem__(self, k): raise KeyError(k)",
    "class P(dict):\n    def __iter__(self): return iter(['W', 'b', 'none'])",
    "class P(dict):\n    def items(self): raise RuntimeError('items')",
    "class P(dict):\n    def keys(self): return 3",
    "class P(dict):\n    def __len__(self): return 0\n    def __bool__(self): raise ValueError('bool')",
    "class P(dict):\n    def __repr__(self): raise ValueError\n    __str__ = __repr__",
    "class P(dict):\n    def __deepcopy__(self, m): return self\n    def __copy__(self): return None",
    "class P(dict):\n    def __init__(self, *a, W=None, b=None, x=1):\n        super().__init__(W=W, b=b)\n        if x != 1: raise 1",
    "class P(dict):\n    def __missing__(self, k): return W\n    def __contains__(self, k): return True",
    "class P:\n    def __init__(self, **k): self.__dict__.update(k)\n    def keys(self): return ['W', 'b']",
    "class P:\n    __slots__ = ('W', 'b')\n    def __init__(self, W, b): self.W, self.b = W, b\n    def __getitem__(self, k): return getattr(self, k)",
]  # fmt: skip

# Statements in the function.
BODIES = [
    "raise ValueError", "raise ValueError('\\x1b[2J\\ud800' * 9)", "raise ValueError('a' * 10**7)", "raise 3",
    "raise KeyboardInterrupt", "raise GeneratorExit", "raise SystemExit(0)", "raise SystemExit('\\x1b[2J')",
    "raise StopIteration", "raise MemoryError", "raise RecursionError", "raise ExceptionGroup('g', [ValueError('a')])",
    "raise BaseException", "raise NotImplementedError", "raise UnicodeDecodeError('utf-8', b'\\xff', 0, 1, 'no')",
    "raise OSError(28, 'No space left on device')", "raise FileNotFoundError(2, 'none', '/etc/\\x1b')",
    "raise BrokenPipeError", "raise __import__('typer').Exit(0)", "raise __import__('click').Abort",
    "raise __import__('subprocess').TimeoutExpired('a', 1)", "raise type('UserError', (Exception,), {})('RIGHT')",
    "raise type('E', (Exception,), {'__str__': lambda s: 1 / 0, '__repr__': lambda s: 1 / 0})",
    "raise type('E', (Exception,), {'__str__': lambda s: s})", "raise type('\\x1b[2J', (Exception,), {})",
    "e = ValueError('a'); e.__cause__ = e; raise e", "os._exit(0)", "os._exit(2)", "os.abort()", "os.kill(os.getpid(), 15)",
    "os.kill(os.getpid(), 11)", "os.kill(os.getpid(), 19)", "__import__('ctypes').string_at(0)", "sys.exit()",
    "sys.setrecursionlimit(10**9); return loss_and_grads(params, x, y)", "sys.setrecursionlimit(30)",
    "return loss_and_grads(params, x, y)", "__import__('signal').alarm(1); __import__('time').sleep(3)",
    "import signal; signal.signal(signal.SIGALRM, signal.SIG_IGN); signal.pthread_sigmask(0, range(1, 64))",
    "import threading; threading.Thread(target=lambda: __import__('time').sleep(999)).start()",
    "import threading; threading.Thread(target=lambda: [print('t') for _ in iter(int, 1)], daemon=True).start()",
    "import threading; threading.Thread(target=lambda: 1 / 0).start()", "import atexit; atexit.register(lambda: 1 / 0)",
    "import atexit; atexit.register(os._exit, 9)", "import atexit, time; atexit.register(time.sleep, 999)",
    "sys.settrace(lambda *a: 1 / 0)", "sys.setprofile(lambda *a: 1 / 0)", "sys.settrace(lambda *a: None)",
    "sys.excepthook = lambda *a: os._exit(7)", "sys.stdout = sys.stderr = None", "sys.stdout.close()", "os.close(0)",
    "os.closerange(0, 100)", "os.closerange(3, 100)", "os.dup2(os.open('/dev/null', 2), 1)", "sys.stderr.close(); os.close(2)",
    "[os.write(1, b'\\x1b[2J' * 10**5) for _ in range(500)]", "print('x' * 10**8)", "sys.stderr.write('y' * 10**7)",
    "[os.write(fd, b'garbage\\n' * 99) for fd in range(3, 12) if os.path.exists(f'/proc/self/fd/{fd}')]",
    "input()", "sys.stdin.read()", "os.fork()", "[os.fork() or __import__('time').sleep(99) for _ in range(4)]",
    "import subprocess; subprocess.Popen(['sleep', '77'])", "import subprocess; subprocess.run(['cat'])",
    "import subprocess; subprocess.Popen(['sleep', '78'], start_new_session=True)", "os.system('sleep 79 &')",
    "os.fork() or (os.setsid(), os.fork() or __import__('time').sleep(76), os._exit(0))",
    "os.chdir('/')", "os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')", "os.environ.clear()", "sys.path.clear()",
    "sys.modules.clear()", "[sys.modules.pop(n) for n in list(sys.modules) if n.startswith('compare')]",
    "np.seterr(all='raise')", "np.set_printoptions(formatter={'float': lambda v: 1 / 0})", "np.asarray = None",
    "np.ndarray = None", "np.sum = lambda *a, **k: 1 / 0", "import builtins; builtins.len = None", "import builtins; del builtins.print",
    "import builtins; builtins.open = None", "import builtins; builtins.isinstance = lambda *a: True",
    "import builtins; builtins.Exception = None", "import builtins; builtins.__import__ = None",
    "import warnings; warnings.simplefilter('error'); warnings.warn('no')", "import gc; gc.disable(); gc.freeze()",
    "import faulthandler; faulthandler.cancel_dump_traceback_later(); faulthandler.disable()", "import json; json.dumps = None",
    "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))", "import time; time.monotonic = lambda: 0.0",
    "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 20, 1 << 20))", "import time; time.perf_counter = None",
    "import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 1))", "bytearray(10**12)", "np.zeros(10**13)",
    "a = []\n    while True: a.append('x' * 10**7)", "np.ones((4 << 30) // 8)", "'a' * 10**11", "while True: pass",
    "7 ** 7 ** 9", "__import__('time').sleep(99)", "import threading; l = threading.Lock(); l.acquire(); l.acquire()",
    "__import__('re').match('(a+)+$', 'a' * 40 + 'b')", "sum(range(10**12))", "open(__file__, 'w').close()",
    "os.remove(__file__)", "os.rename(__file__, __file__ + 'x')", "open(__file__, 'a').write('\\n(')",
    "open('big', 'wb').write(bytes(200 << 20))", "global n; n = globals().get('n', 0) + 1; x = x * n", "x = x + np.random.randn()",
    "params['W'] *= 2", "params['W'][:] = np.nan", "params.clear()", "x.resize(0)", "x.flags.writeable = False",
    "global n; n = globals().get('n', 0) + 1\n    if n > 1: raise ValueError('only once')", "async def f(): pass\n    return f()",
    "global n; n = globals().get('n', 0) + 1\n    if n > 1: return None", "yield 1", "import torch; torch.set_default_device('meta')",
    "import jax; jax.config.update('jax_enable_x64', False)", "import torch; torch.set_num_threads(0)",
    "import torch; torch.set_default_dtype(torch.float16)", "import multiprocessing as m; m.Pool(2).map(abs, [1])",
    "import tempfile; tempfile.mkdtemp(); tempfile.NamedTemporaryFile(delete=False)", "import locale; locale.setlocale(0, 'C')",
    "sys.stdout.reconfigure(encoding='ascii'); print('\\u202e\\x1b')", "breakpoint()", "help()", "quit()", "exec('x = 1 /')",
    "assert isinstance(x, list), x", "np.random.set_state(('MT19937', np.zeros(624), 0))", "del params['b']",
]  # fmt: skip

# What is returned.
ANSWERS = [
    "None", "loss", "grads", "(loss,)", "loss, grads, 1", "(loss, grads), 1", "grads, loss", "loss, None", "loss, 1",
    "loss, [grads['W'], grads['b']]", "loss, [grads['W']]", "loss, {}", "loss, {'W': grads['W']}", "loss, grads | {'z': 1}",
    "loss, {n: g.T for n, g in grads.items()}", "loss, {n: None for n in grads}", "loss, {n: 'a' for n in grads}",
    "loss, {n: g.astype(object) for n, g in grads.items()}", "loss, {n: g + 0j for n, g in grads.items()}",
    "loss, {n: g + 1j for n, g in grads.items()}", "loss, {n: g.tolist() for n, g in grads.items()}",
    "loss, {n: np.matrix(g) for n, g in grads.items()}", "loss, {n: np.ma.array(g, mask=g > 0) for n, g in grads.items()}",
    "loss, {n: g.astype('M8[s]') for n, g in grads.items()}", "loss, {n: [1, [2, 3]] for n in grads}",
    "loss, {n: g[None] for n, g in grads.items()}", "loss, {n: g * np.nan for n, g in grads.items()}",
    "loss, {n: np.zeros((0, 10**12)) for n in grads}", "loss, {n: np.broadcast_to(1.0, (10**12,)) for n in grads}",
    "loss, {n: np.ones(10**7) for n in grads}", "loss, {n: lambda: g for n, g in grads.items()}", "loss, (g for g in grads)",
    "loss, {n.encode(): g for n, g in grads.items()}", "loss, {i: g for i, g in enumerate(grads.values())}",
    "loss, {f'\\x1b[2J{n}': g for n, g in grads.items()}", "loss, {**grads, **{str(i): 1.0 for i in range(10**5)}}",
    "loss, __import__('collections').defaultdict(lambda: 0, grads)", "loss, __import__('types').MappingProxyType(grads)",
    "loss, __import__('types').SimpleNamespace(**grads)", "loss, grads.items()", "loss, grads.values()", "loss, params",
    "str(loss), grads", "None, grads", "[loss], grads", "[[loss]], grads", "{'loss': loss}, grads", "loss + 1j, grads",
    "loss > 0, grads", "np.nan, grads", "np.inf, grads", "10**400, grads", "np.array([loss, loss]), grads", "np.matrix(loss), grads",
    "np.ma.masked, grads", "np.array(loss, object), grads", "np.datetime64('2020'), grads", "z, grads", "print, grads",
    "__import__('decimal').Decimal(float(loss)), grads", "__import__('fractions').Fraction(float(loss)), grads",
    "np.float16(loss), grads", "np.longdouble(loss), grads", "type('F', (float,), {'__float__': lambda s: 1 / 0})(loss), grads",
    "type('F', (), {'__float__': lambda s: 1 / 0})(), grads", "type('F', (), {'__repr__': lambda s: 1 / 0})(), grads",
    "loss, {n: type('R', (), {'__repr__': lambda s: 1 / 0})() for n in grads}", "int(loss), grads", "loss * 1e-320, grads",
    "loss, type('L', (dict,), {'__getitem__': lambda s, k: 1 / 0})(grads)", "type('U', (tuple,), {'__len__': lambda s: 9})((loss, grads))",
    "loss, type('L', (dict,), {'keys': lambda s: 1 / 0, 'items': lambda s: 1 / 0})(grads)", "iter((loss, grads))", "{'loss': loss, **grads}",
    "__import__('torch').tensor(loss), {n: __import__('torch').tensor(g) for n, g in grads.items()}", "NotImplemented", "...",
    "__import__('torch').zeros((), device='meta'), grads", "loss, {n: g.view(type('A', (np.ndarray,), {'__array_finalize__': 3})) for n, g in grads.items()}",
]  # fmt: skip

# Statements above and below the function: what the whole module is.
HEADS = [
    "def __getattr__(name): raise ValueError(name)", "def __getattr__(name): return 1", "__all__ = [1, None]", "__name__ = '__main__'",
    "__file__ = None", "__file__ = '/etc/passwd'", "del __file__", "__builtins__ = {}", "__builtins__ = None", "__spec__ = 3",
    "from . import y", "from .. import compare", "import no_such_module", "from numpy import *", "from __main__ import *",
    "import this_file_itself", "import compare, manual, torch_ref, jax_ref, threeways", "sys.modules['numpy'] = None",
    "sys.modules['torch'] = None", "sys.modules['jax'] = 3", "sys.modules['json'] = None", "sys.modules[__name__] = None",
    "sys.path.insert(0, '.')", "sys.meta_path.clear()", "sys.path_hooks.clear(); sys.path_importer_cache.clear()", "sys.argv = None",
    "sys.stdin = None", "sys.exit(0)", "sys.exit('no')", "raise SystemExit", "exit()", "os._exit(0)", "os.abort()", "1 / 0", "while True: pass",
    "import threading; threading.Thread(target=lambda: __import__('time').sleep(88)).start()", "input('name? ')", "assert False", "import atexit; atexit.register(os._exit, 0)",
    "class A:\n    def __repr__(self): raise ValueError\n    __str__ = __repr__\nthing = A()", "class A:\n    def __eq__(self, o): raise ValueError\n    __hash__ = None\nthing = A()",
    "class A:\n    def __getattr__(self, n): return A()\n    def __call__(self, *a, **k): return A()\nthing = A()", "class A:\n    def __bool__(self): raise ValueError\nthing = A()",
    "class A:\n    def __init__(self): raise ValueError('init')\n    def forward(self, x): return x\n    def backward(self, g): return g",
    "class A:\n    def __init__(self, sizes): self.W = sizes\n    def loss(self, x, y): return 0.0\n    def backward(self): return None",
    "class A(type):\n    def __call__(c, *a): raise ValueError\nclass B(metaclass=A):\n    def loss(self, x, y): return 1.0\n    def gradient(self, x, y): return {}",
    "class A:\n    @property\n    def params(self): raise ValueError('params')\n    def loss_and_grads(self, x, y): return 1.0, {}\nnet = A()",
    "class A:\n    params = property(lambda s: os._exit(3))\n    def loss_and_grads(self, x, y): return 1.0, {}\nnet = A()", "f = os.system", "backward = print", "loss = exit; gradient = quit",
    "def loss(*a, **k): raise ValueError\ndef grad(*a, **k): os._exit(1)", "def example(): return 1", "def example(): return None, None, None", "def example(n): return n", "example = 3",
    "def example(): raise ValueError('\\x1b[2J')", "def example(): yield", "def example(): os._exit(0)", "def example(): return loss_and_grads", "async def example(): return 1, 2, 3",
    "def backward(a, /, *b, c, **d): pass", "def backward(params, x, y, *, key): return 1.0, {}", "backward = lambda params, x, y: (yield)", "import functools; backward = functools.partial(int, '3')",
    "gradient = np.vectorize(lambda v: v)", "for i in range(3000): exec(f'def backward{i}(params, x, y): return 1.0, {{}}')", "for i in range(3000): globals()[f'v{i}'] = np.ones(3)",
    "globals().clear()", "globals()[1] = 2", "globals()['\\ud800'] = np.zeros(3)" , "dW = db = dx = None", "print('\\x1b]0;title\\x07' * 999)", "import numpy as params", "y = property(lambda: 1)",
]  # fmt: skip
TAILS = [
    "del loss_and_grads", "loss_and_grads = loss_and_grads(params, x, y)", "loss_and_grads.__name__ = '\\x1b[2J'", "loss_and_grads.__code__ = (lambda: 0).__code__", "loss_and_grads.__signature__ = 3",
    "loss_and_grads.__wrapped__ = loss_and_grads", "loss_and_grads.__module__ = None", "loss_and_grads.__defaults__ = 3 and (1, 2, 3)", "loss_and_grads = staticmethod(loss_and_grads)",
    "loss_and_grads = __import__('functools').lru_cache(loss_and_grads)", "loss_and_grads = __import__('functools').partial(loss_and_grads, params)", "loss_and_grads = memoryview(b'')",
    "loss_and_grads = __import__('contextlib').contextmanager(loss_and_grads)", "other = loss_and_grads", "def second(params, x, y): return 1.0, {}", "params = x = y = None", "del np", "np = None",
    "x = x[:0]; y = y[:0]", "y = y[:3]", "x = x.T", "def example(): return params, x, y\nexample.__defaults__ = None", "import sys; sys.setrecursionlimit(20)", "raise ValueError('at the end')",
    "for step in range(10**9):\n    loss, grads = loss_and_grads(params, x, y)\n    params['W'] -= 0.1 * grads['W']", "while True:\n    loss, grads = loss_and_grads(params, x, y)\n    W -= 0.1 * grads['W']\n    1 / 0",
    "for epoch in iter(int, 1): pass", "with open('out.txt', 'w') as f: f.write('x' * 10**6)", "if __name__ == '__main__':\n    while True: pass", "loss_and_grads.__globals__.clear()",
    "class loss_and_grads:\n    def __new__(cls, *a): return 3", "class loss_and_grads:\n    def __call__(self, p, x, y): return 1.0, {}", "@property\ndef loss_and_grads(params, x, y): pass",
    "def loss_and_grads(params, x, y): return loss_and_grads", "loss_and_grads = np.frompyfunc(lambda *a: (1.0, {}), 3, 2)", "loss_and_grads = type(loss_and_grads)(loss_and_grads.__code__, {})",
]  # fmt: skip


# Of a network in torch and jax: what its losses return, and what else the file says.
TORCH = [
    "None", "float(loss)", "loss.detach()", "loss.detach().numpy()", "loss.reshape(1)", "loss.expand(2)", "loss.int()", "loss + 0j",
    "loss.half()", "loss * float('nan')", "(loss, loss)", "loss.to('meta')", "torch.tensor(3.0)", "loss.item", "loss > 0", "1 / 0", "loss.to_sparse()",
    "params", "'loss'", "loss.backward()", "torch.zeros(0)", "torch.randn(())", "loss * torch.randn(())", "x.numpy().sum()", "jnp.sum(x)",
]  # fmt: skip
JAX = [
    "None", "float(loss)", "np.asarray(loss)", "loss[None]", "jnp.stack([loss, loss])", "loss.astype(int)", "loss + 0j", "loss.astype(jnp.bfloat16)",
    "loss * jnp.nan", "(loss, loss)", "1 / 0", "'loss'", "params", "np.sum(np.array(x)) * loss", "jax.device_get(loss)", "kept.append(loss) or loss",
    "jax.pure_callback(lambda v: 1 / 0, loss, loss)", "jax.debug.callback(lambda: 1 / 0) or loss", "jnp.zeros(0)", "torch.tensor(1.0)", "loss if loss > 0 else 0.0",
    "jax.lax.stop_gradient(loss)", "jax.jit(lambda v: v)", "loss * np.random.randn()",
]  # fmt: skip
VERSIONS = [
    "torch_model = 3", "torch_model = torch.nn.Linear", "torch_model = torch.nn.Sequential()", "torch_model = torch.nn.LazyLinear(3)",
    "torch_model = torch.nn.Linear(2, 3).half()", "torch_model = torch.nn.Linear(2, 3, device='meta')", "torch_model = torch.nn.Embedding(3, 2)",
    "torch_model = torch.nn.Linear(2, 3).requires_grad_(False)", "torch_model = torch.nn.Linear(2, 3); torch_loss = None", "torch_loss = torch.nn.functional.mse_loss",
    "class M(torch.nn.Module):\n    def forward(self, x): raise ValueError('forward')\ntorch_model = M()", "class M(torch.nn.Module):\n    def __init__(self): pass\ntorch_model = M()",
    "torch_model = torch.nn.Linear(2, 3); torch_model.register_forward_hook(lambda *a: 1 / 0)", "jax_model = 3", "jax_params = {'a': 'b'}", "jax_model = lambda x: x", "jax_model = {'W': W}",
    "def batch(rng): return 1", "def batch(rng): return x", "def batch(): return x, y", "def batch(rng): raise ValueError('batch')", "def batch(rng): return x[:0], y[:0]", "batch = (x, y)", "batch = 3",
    "def batch(rng):\n    n = rng.integers(1, 5)\n    return x[:n], y[:n]", "names = 3", "names = {'torch': 3}", "names = {'torch': {'W': 'none'}}", "names = {'jax': {'W': 'b', 'b': 'W'}}", "names = {'other': {}}",
    "def hand_update(p, g, s): return p", "def hand_update(p, g, s): return None", "def hand_update(p): return p", "def hand_update(p, g, s): return {}, s", "def hand_update(p, g, s): return {n: 'a' for n in p}, s",
    "def torch_update(p): return 3", "def torch_update(p): return torch.optim.SGD([], lr=1)", "def torch_update(): pass", "def torch_update(p): return torch.optim.SGD(p, lr=float('nan'))", "torch_update = 3",
    "jax_update = 3", "def jax_update(p): return p", "def jax_update(p, g, s): return 1, 2", "torch_executions = 3", "torch_executions = {'a': 3}", "torch_executions = {1: torch_loss}", "jax_executions = {'a': lambda p, x, y: 1 / 0}",
    "hand_executions = {'\\x1b[2J': lambda p, x, y: (1.0, {})}", "jax_state = 3", "state = 'a'", "hand = None; torch_loss = None", "hand = None; torch_loss = None; jax_loss = None", "hand = 3", "jax_loss = 3", "torch_loss = 'mse'",
    "import threeways; a = threeways.Trio(hand=hand, batch=(x, y), params=params); b = threeways.Trio(hand=hand, batch=(x, y), params=params)", "import threeways; a = threeways.Trio(hand=3, batch=(x, y), params=params)",
    "x = y = None", "x = x[:1]; y = y[:1]", "x = x.astype(int)", "params = None", "params = {}", "params = {'W': W}", "jax.config.update('jax_enable_x64', False)", "torch.set_default_dtype(torch.float16)", "os = __import__('os'); os._exit(0)",
]  # fmt: skip
OPERATIONS = [
    {"forward": "1 / 0"}, {"forward": "None"}, {"forward": "(a * b, a)"}, {"forward": "a"}, {"forward": "a.tolist()"}, {"forward": "'text'"}, {"forward": "a * float('nan')"}, {"forward": "(a * b)[:0]"},
    {"backward": "None"}, {"backward": "(None, None)"}, {"backward": "(g,)"}, {"backward": "(g, g, g)"}, {"backward": "(g[:1], g)"}, {"backward": "1 / 0"}, {"backward": "('a', 'b')"}, {"backward": "(g * float('nan'), g)"},
    {"backward": "(0 * g, 0 * g)"}, {"plain": "1 / 0"}, {"plain": "None"}, {"plain": "a"}, {"plain": "a[:1]"}, {"plain": "'a'"}, {"plain": "scale"}, {"inputs": "()"}, {"inputs": "None"}, {"inputs": "3"}, {"inputs": "(1, 2)"},
    {"inputs": "('a', 'b')"}, {"inputs": "(None, None)"}, {"inputs": "{}"}, {"inputs": "1 / 0"}, {"inputs": "([1.0], [2.0], [3.0])"}, {"head": "raise ValueError"}, {"head": "import os; os._exit(3)"}, {"head": "while True: pass"},
    {"inputs": "(lambda: 1, 2)"}, {"backward": "__import__('os')._exit(1)"}, {"forward": "a * b + __import__('random').random()"}, {"backward": "(g * b if 'b' in globals() else g, g)"},
]  # fmt: skip
LEAVING = (
    "os.setsid",
    "start_new_session",
    "sleep 79",
    "mkdtemp",
)  # what a warm child cannot show: see running.py


def _filled(text: str, given: dict[str, str], **slots: str) -> str:
    return text.format(**given | slots)


def own() -> dict[str, str]:
    """Return {name: text} of files for `threeways check`."""
    files = {f"x-{i}": _filled(HAND, GIVEN, x=a) for i, a in enumerate(ARRAYS)}
    files |= {f"y-{i}": _filled(HAND, GIVEN, y=re.sub(r"\bV\b", "U", a)) for i, a in enumerate(ARRAYS)}
    files |= {
        f"class-{i}": _filled(HAND, GIVEN, head=head, x=x.replace("V", "rng.normal(size=(5, 2))"))
        for i, (head, x) in enumerate(CLASSES)
    }
    files |= {f"params-{i}": _filled(HAND, GIVEN, params=p) for i, p in enumerate(PARAMS)}
    files |= {
        f"mapping-{i}": _filled(HAND, GIVEN, params="P(W=W, b=b)", head=m) for i, m in enumerate(MAPPINGS)
    }
    files |= {f"body-{i}": _filled(HAND, GIVEN, body=s) for i, s in enumerate(BODIES)}
    files |= {f"answer-{i}": _filled(HAND, GIVEN, answer=a) for i, a in enumerate(ANSWERS)}
    files |= {f"head-{i}": _filled(HAND, GIVEN, head=h) for i, h in enumerate(HEADS)}
    return files | {f"tail-{i}": _filled(HAND, GIVEN, tail=t) for i, t in enumerate(TAILS)}


def three() -> dict[str, str]:
    """Return {name: text} of files with a network in three versions."""
    files = {f"torch-{i}": _filled(THREE, GIVEN_THREE, torch=a) for i, a in enumerate(TORCH)}
    files |= {f"jax-{i}": _filled(THREE, GIVEN_THREE, jax=a) for i, a in enumerate(JAX)}
    files |= {f"x-{i}": _filled(THREE, GIVEN_THREE, x=a) for i, a in enumerate(ARRAYS)}
    files |= {f"params-{i}": _filled(THREE, GIVEN_THREE, params=a) for i, a in enumerate(PARAMS)}
    return files | {f"version-{i}": _filled(THREE, GIVEN_THREE, tail=a) for i, a in enumerate(VERSIONS)}


def operations() -> dict[str, str]:
    """Return {name: text} of files with an operation: `Scale.apply` of torch or `scale` of jax."""
    files = {f"torch-{i}": _filled(TORCH_OP, GIVEN_OP, **slots) for i, slots in enumerate([{}, *OPERATIONS])}
    return files | {
        f"jax-{i}": _filled(JAX_OP, GIVEN_JAX_OP, **slots) for i, slots in enumerate([{}, *OPERATIONS])
    }
