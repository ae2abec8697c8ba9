"""Model files that try to act on the server, rebuilt from the public descriptions of their kinds, made harmless.

Each that could run code would leave an empty file named `MARKER` in the folder where it is read, or copy a file
there; none does any harm. Every entry of `LAYERS` is a layer to be put into a network, with the words that its
refusal must contain.
"""

import base64
import json
import marshal
import math
import zipfile
from pathlib import Path

MARKER = "marker"


def _leave_marker(x):
    open("marker", "w").close()
    return x


CODE = base64.b64encode(marshal.dumps(_leave_marker.__code__)).decode()
LAMBDA = {"class_name": "__lambda__", "config": {"code": CODE, "defaults": None, "closure": None}}


def layer(kind, module="keras.layers", inbound=None, **config):
    """Return a layer as Keras 3 writes it."""
    found = {"module": module, "class_name": kind, "config": {"name": "layer", **config}, "registered_name": None}
    return found if inbound is None else {**found, "name": "layer", "inbound_nodes": inbound}


def called(module, function, *args, **kwargs):
    """Return a function in a layer's place that is called with arguments from the file."""
    return {
        "module": module, "class_name": "function", "config": function, "registered_name": function, "name": "layer",
        "inbound_nodes": [{"args": list(args), "kwargs": kwargs}],
    }  # fmt: skip


def dense(units=4, **config):
    """Return a dense layer."""
    return layer("Dense", units=units, **config)


def nested(depth, calls):
    """Return a functional model that applies a model inside it several times, which does the same, and so on."""
    model = dense()
    for level in range(depth):
        nodes = [{"args": [_tensor("i" if n == 0 else f"m{level}", max(0, n - 1))], "kwargs": {}} for n in range(calls)]
        inner = {**model, "name": f"m{level}", "inbound_nodes": nodes}
        inner["config"] = {**inner["config"], "name": f"m{level}"}
        model = functional(inner, name=f"m{level}", calls=calls)
    return model


def _tensor(source, node=0):
    return {
        "class_name": "__keras_tensor__",
        "config": {"shape": [None, 4], "dtype": "float32", "keras_history": [source, node, 0]},
    }


INPUT = {"module": "keras.layers", "class_name": "InputLayer", "config": {"batch_shape": [None, 4], "dtype": "float32", "name": "i"},
         "registered_name": None, "name": "i", "inbound_nodes": []}  # fmt: skip


def functional(*layers, name="f", calls=1):
    """Return a functional model of an input and further layers, the last of which gives the output."""
    return {
        "module": "keras.src.models.functional", "class_name": "Functional", "registered_name": "Functional",
        "config": {"name": name, "trainable": True, "layers": [INPUT, *layers], "input_layers": [["i", 0, 0]],
                   "output_layers": [[layers[-1]["name"], calls - 1, 0]]},
    }  # fmt: skip


def sequential(*layers):
    """Return a sequential model of an input and further layers."""
    inner = {key: value for key, value in INPUT.items() if key not in ("name", "inbound_nodes")}
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": "s", "layers": [inner, *layers]},
        "registered_name": None,
    }


def network(attack):
    """Return a network with an attacking layer: functional where the layer is connected."""
    return functional(attack) if "inbound_nodes" in attack else sequential(attack, dense(2, name="end"))


_FED = [{"args": [_tensor("i")], "kwargs": {}}]
ORTHOGONAL = {
    "module": "keras.regularizers",
    "class_name": "OrthogonalRegularizer",
    "config": {"mode": "columns"},
    "registered_name": None,
}
_TAR = {"fname": MARKER, "origin": "file:///etc/hostname", "cache_dir": ".", "cache_subdir": ".", "extract": True}

# Name -> (layer, what the refusal says).
LAYERS = {
    # Code in a Lambda layer, marshalled: as Keras 3 writes it, and as Keras 2 did.
    "CVE-2024-3660": (layer("Lambda", function=LAMBDA), "names the class 'keras.layers.Lambda'"),
    "CVE-2024-3660, Keras 2": (
        {"class_name": "Lambda", "config": {"name": "layer", "function": [CODE, None, None], "function_type": "lambda"}}, "Lambda",
    ),
    # Any function of any module in a layer's place, called while the model is built.
    "CVE-2025-1550": (called("subprocess", "run", ["touch", MARKER]), "names the class 'subprocess.function'"),
    "CVE-2025-1550, builtins": (called("builtins", "exec", f"open('{MARKER}', 'w')"), "'builtins.function'"),
    # Functions of Keras itself that fetch a file, and unpack it.
    "CVE-2025-8747": (called("keras.utils", "get_file", MARKER, origin="file:///etc/hostname", cache_dir="."), "'keras.utils.function'"),
    "CVE-2025-12060": (called("keras.utils", "get_file", **_TAR), "'keras.utils.function'"),
    "CVE-2024-55459": (called("keras.src.utils.file_utils", "get_file", **_TAR), "'keras.src.utils.file_utils.function'"),
    # The older reader of HDF5 files pays no heed to the safe mode.
    "CVE-2025-9905": ({"class_name": "Lambda", "config": {"name": "layer", "function": LAMBDA}}, "Lambda"),
    # A function that switches the safe mode off before the next layer is read.
    "CVE-2025-9906": (called("keras.config", "enable_unsafe_deserialization"), "'keras.config.function'"),
    "CVE-2025-9906, load_model": (
        layer("Lambda", function={"module": "keras.models", "class_name": "function", "config": "load_model", "registered_name": "function"},
              arguments={"safe_mode": False}, inbound=[{"args": [], "kwargs": {"inputs": "model.keras"}}]),
        "names the class 'keras.layers.Lambda'",
    ),
    # A pickle in the module of another framework.
    "CVE-2025-49655": (
        layer("TorchModuleWrapper", module="keras.layers", **{"layer_module": {"class_name": "__bytes__", "config": {"value": "gASVHA=="}}}),
        "names the class 'keras.layers.TorchModuleWrapper'",
    ),
    # The same where no one set the safe mode: in the wrapper around it.
    "CVE-2026-12484": (
        layer("TimeDistributed", layer=layer("TorchModuleWrapper", layer_module={"class_name": "__bytes__", "config": {"value": "gASVHA=="}})),
        "names the class 'keras.layers.TorchModuleWrapper'",
    ),
    # Vocabularies that are read from a path or an address.
    "CVE-2025-12058": (layer("StringLookup", vocabulary="/etc/passwd"), "names the class 'keras.layers.StringLookup'"),
    "CVE-2025-12058, address": (layer("IntegerLookup", vocabulary="http://127.0.0.1:9/x"), "'keras.layers.IntegerLookup'"),
    "CVE-2025-12058, text": (layer("TextVectorization", vocabulary="/etc/passwd"), "'keras.layers.TextVectorization'"),
    # A SavedModel of TensorFlow, whose graph may do anything.
    "CVE-2026-1462": (layer("TFSMLayer", filepath="saved", call_endpoint="serve"), "names the class 'keras.layers.TFSMLayer'"),
    # A layer's name as a path, in which Keras makes folders when it saves.
    "CVE-2026-12479": (dense(name=".."), "is a name with characters that files and reports cannot hold"),
    "CVE-2026-12479, slashes": (dense(name=f"../../{MARKER}"), "is a name with characters"),
    "path": (dense(activation="/etc/passwd"), "names a path or an address, '/etc/passwd'"),
    "address": (dense(activation="file://localhost/etc/passwd"), "names a path or an address"),
    # A Lambda that is built by the wrapper around it, out of the safe mode's sight.
    "CVE-2026-12481": (layer("TimeDistributed", layer=layer("Lambda", function=LAMBDA)), "'keras.layers.Lambda'"),
    # The same doors by other spellings.
    "registered name": ({**dense(), "registered_name": "package>Custom"}, "names the registered class 'package>Custom'"),
    "registered name alone": (dense(kernel_initializer={"registered_name": "package>Custom", "config": {}}), "'package>Custom' without a class"),
    "private module": (layer("Lambda", module="keras.src.layers.core.lambda_layer", function=LAMBDA), "'keras.src.layers.core.lambda_layer.Lambda'"),
    "private class": (layer("CustomMaskWrapper", module="keras.src.layers"), "'keras.src.layers.CustomMaskWrapper'"),
    "wrapped": (layer("Bidirectional", layer=layer("RNN", cell=layer("Lambda", function=LAMBDA))), "'keras.layers.Lambda'"),
    "nested": (sequential(dense(), layer("Lambda", function=LAMBDA)), "'keras.layers.Lambda'"),
    "initializer": (dense(kernel_initializer={"module": "builtins", "class_name": "function", "config": "exec"}), "'builtins.function'"),
    "activation": (dense(activation={"module": "os", "class_name": "function", "config": "system", "registered_name": "system"}), "'os.function'"),
    "regularizer": (dense(kernel_regularizer={"class_name": "__lambda__", "config": {"value": CODE}}), "'__lambda__'"),
    "constraint": (dense(kernel_constraint={"module": "keras.utils", "class_name": "CustomObjectScope", "config": {}}), "CustomObjectScope"),
    "compiled": ({**sequential(dense()), "compile_config": {"loss": {"module": "os", "class_name": "function", "config": "system"}}}, "'os.function'"),
    "built": ({**dense(), "build_config": {"input_shape": {"module": "os", "class_name": "system", "config": {}}}}, "'os.system'"),
    "argument of a call": (
        {**dense(), "name": "layer", "inbound_nodes": [{"args": [_tensor("i")], "kwargs": {"training": {"module": "os", "class_name": "getcwd", "config": {}}}}]},
        "inbound_nodes[0].kwargs.training names the class 'os.getcwd'",
    ),
    "no data": (layer("Concatenate", inbound=[{"args": [[]], "kwargs": {}}]), "inbound_nodes applies a layer to no other layer's data"),
    "data of its own": (layer("Dense", units=2, inbound=[{"args": [[[1.0, 2.0]]], "kwargs": {}}]), "applies a layer to no other layer's data"),
    "metric of a function": (layer("MeanMetricWrapper", module="keras.metrics", fn="system"), "keras.metrics.MeanMetricWrapper"),
    "array of objects": (layer("Normalization", mean={"class_name": "__numpy__", "config": {"value": [1], "dtype": "O"}}), "not of numbers"),
    "array of long texts": (layer("Normalization", mean={"class_name": "__tensor__", "config": {"value": [1], "dtype": "S99999999999"}}), "not of numbers"),
    "type specification": (dense(kernel_initializer={"class_name": "__typespec__", "spec_name": "x", "module": "os", "config": []}), "'os.__typespec__'"),
    "bytes": (dense(kernel_initializer={"class_name": "__bytes__", "config": {"value": "x"}}), "'__bytes__'"),
    "data type": (dense(dtype="string"), "names the data type 'string'"),
    "quantized": (dense(dtype={"module": "keras", "class_name": "GPTQDTypePolicy", "config": {}}), "GPTQDTypePolicy"),
    "quantization": (dense(quantization_config={"module": "keras.quantizers", "class_name": "GPTQConfig", "config": {}}), "quantiz"),
    # What would exhaust the machine.
    "large layer": (dense(10**12), "bytes in float32; at most 2,000,000,000 are allowed"),
    "large output": (layer("RepeatVector", n=10**9), "4,000,000,000 values that a layer makes of one sample"),
    "large number": (dense(10**30), "a number of more than 64 bits"),
    "many layers": (sequential(*(dense(name=f"d{n}") for n in range(2001))), "layers of a model, those inside others included"),
    "models in models": (nested(9, 9), "times that layers are applied when a model is built"),
    "repetition": (layer("SpectralNormalization", layer=dense(), power_iterations=10**9), "1,000,000,000 repetitions of a layer's work"),
    "repeated mixing": (layer("AugMix", num_chains=2000), "2,000 repetitions of a layer's work"),
    "many repetitions": (
        sequential(*(layer("AugMix", num_chains=100, chain_depth=100, name=f"a{n}") for n in range(3))),
        "times that layers are applied when a model is built",
    ),
    "many dimensions": (layer("Reshape", target_shape=[4] + [1] * 40), "42 dimensions of the data that a layer makes"),
    "layers that only computing tells of": (layer("Pipeline", layers=[layer("Resizing", height=10**6, width=10**6)]), "'keras.layers.Pipeline'"),
    "a constant that spreads": (
        dense(1000, kernel_initializer={"module": "keras.initializers", "class_name": "Constant", "config": {"value": [[[1.0]]] * 1000}}),
        "the initializer constant has values of shape (1000, 1, 1)",
    ),
    "pairs of columns": (dense(10**5, kernel_regularizer=ORTHOGONAL), "compares 100,000 columns of kernel with each other, that is 10,000,000,000 values"),
    "pairs of outputs": (dense(10**5, activity_regularizer=ORTHOGONAL), "compares 100,000 columns of its output with each other"),
    "pairs of outputs inside a layer": (
        sequential(layer("Reshape", target_shape=[2, 2]), layer("TimeDistributed", name="t", layer=dense(10**5, name="d", activity_regularizer=ORTHOGONAL))),
        "compares 100,000 columns of its output",
    ),
    # A layer where a function is meant: Keras would call it, and give it weights.
    "a layer as activation": (dense(activation=dense(10**10)), "activation names the class 'Dense'"),
    "a layer as initializer": (dense(kernel_initializer=dense(10**10)), "kernel_initializer names the class 'Dense'"),
    # What only looks like text.
    "long name": (dense(name="n" * 10_000), "is a name with characters"),
    "control characters": (dense(name="a\x1b[2J\nb"), "is a name with characters"),
    "markup in a name": (dense(name="<b onclick=alert(1)>"), "is a name with characters"),
    "markup in a value": (dense(activation="<img src=x onerror=alert(1)>"), "holds a piece of a web page"),
    "half a character": (dense(name="\ud800"), "is a name with characters"),
    "long class": (layer("L" * 100_000), "names the class 'keras.layers.LLL"),
    "class with markup": (layer("<script>\x1b[31m"), "names the class 'keras.layers.<script> [31m'"),
}  # fmt: skip

# Of these the first layer is unrolled over the rows' 4 values made 3,000.
UNROLLED = sequential(
    layer("RepeatVector", n=3000, name="r"), layer("LSTM", units=2, unroll=True, name="l"), dense(2, name="end")
)


# A layer that no output needs is built with its weights all the same.
UNUSED = functional(
    {**dense(10**12, name="unused"), "name": "unused", "inbound_nodes": _FED},
    {**dense(name="used"), "name": "used", "inbound_nodes": _FED},
)
# Without an input nothing is built but what says for what shape it was.
UNBUILT = {"module": "keras", "class_name": "Sequential", "registered_name": None, "config": {
    "name": "s", "layers": [{**dense(10**6), "build_config": {"input_shape": [None, 10**6]}}]}}  # fmt: skip


def _widened(inner, *further, **config):
    """Return a network whose layer `inner` makes much of one sample on its way, and gives little of it out."""
    return sequential(
        layer("RepeatVector", n=100_000, name="r"),
        *further,
        layer(inner, **config),
        layer("Flatten", name="f"),
        dense(2, name="end"),
    )


def _attending(kind, separate, **config):
    fed = {"args": [_tensor("r"), _tensor("r")] if separate else [[_tensor("r"), _tensor("r")]], "kwargs": {}}
    repeated = {**layer("RepeatVector", n=100_000), "name": "r", "inbound_nodes": _FED}
    repeated["config"]["name"] = "r"
    return functional(repeated, layer(kind, inbound=[fed], **config))


_WIDE = layer("Reshape", target_shape=[400, 1000, 1], name="w")
_SEPARABLE = {"filters": 1, "kernel_size": 1, "depth_multiplier": 10**4, "strides": 1}
_HIDDEN = "values that a layer makes of one sample"
# Name -> (network, what the refusal says).
NETWORKS = {
    "unrolled": (UNROLLED, "3,000 steps of a recurrent layer with unroll"),
    "unrolled inside": (
        sequential(layer("RepeatVector", n=3000, name="r"), layer("Bidirectional", layer=layer("LSTM", units=2, unroll=True)), dense(2, name="end")),
        "3,000 steps of a recurrent layer with unroll",
    ),
    "unused": (UNUSED, "has the layer 'unused', which leads to no output"),
    "unbuilt": (UNBUILT, "bytes in float32; at most 2,000,000,000 are allowed"),
    "attention with heads": (_attending("MultiHeadAttention", True, num_heads=10, key_dim=1), f"100,000,000,000 {_HIDDEN}"),
    "attention with groups": (_attending("GroupQueryAttention", True, head_dim=1, num_query_heads=4, num_key_value_heads=2), f"40,000,000,000 {_HIDDEN}"),
    "attention": (_attending("Attention", False), f"10,000,000,000 {_HIDDEN}"),
    "additive attention": (_attending("AdditiveAttention", False), f"40,000,000,000 {_HIDDEN}"),
    "separable": (_widened("SeparableConv2D", _WIDE, **_SEPARABLE), f"4,000,000,000 {_HIDDEN}"),
    "window": (_widened("MaxPooling2D", _WIDE, pool_size=10**9, padding="same"), f"1,000,000,000,000,000,000 {_HIDDEN}"),
    "blur": (_widened("RandomGaussianBlur", _WIDE, kernel_size=50_001), _HIDDEN),
    "steps at once": (_widened("TimeDistributed", layer=sequential(layer("RepeatVector", n=10**4), layer("GlobalAveragePooling1D", name="g"))), _HIDDEN),
}  # fmt: skip


def networks():
    """Return every network: name -> (configuration, what its refusal says)."""
    return {name: (network(attack), words) for name, (attack, words) in LAYERS.items()} | NETWORKS


def write_json(path, config):
    """Write a model configuration."""
    Path(path).write_text(json.dumps(config), encoding="utf-8")


def write_builder(path, config, template):
    """Write a builder with an architecture of its own, and the rest of `template`."""
    with zipfile.ZipFile(template) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, json.dumps(config) if name == "architecture.json" else source.read(name))


def write_trained(path, config, template):
    """Write a trained model with an architecture of its own, and the rest of `template`."""
    import h5py

    Path(path).write_bytes(Path(template).read_bytes())
    with h5py.File(path, "a") as handle:
        facts = json.loads(handle["-model_config-"][()])
        del handle["-model_config-"]
        handle["-model_config-"] = json.dumps({**facts, "architecture": config})
        # Where Keras' own reader of such files would look.
        handle.attrs["model_config"] = json.dumps(config)[:60_000]


def _replaced(handle, change):
    """Change a trained model's largest array; return what is to be done with the bytes of the closed file, or None."""
    name = "model_weights/dense/sequential/dense/kernel"
    name = name if name in handle else _largest(handle["model_weights"])
    shape = handle[name].shape
    del handle[name]
    return change(handle, name, shape)


def _largest(group):
    import h5py

    arrays = []
    group.visititems(
        lambda name, item: arrays.append((item.size, item.name)) if isinstance(item, h5py.Dataset) else None
    )
    return max(arrays)[1]


def _external(handle, name, shape):
    handle.create_dataset(name, shape, "f4", external=[("/etc/passwd", 0, 4 * math.prod(shape))])


def _virtual(handle, name, shape):
    import h5py

    layout = h5py.VirtualLayout(shape, "f4")
    layout[:] = h5py.VirtualSource("other.h5", "x", shape)
    handle.create_virtual_dataset(name, layout)


def _linked(make):
    return lambda handle, name, shape: handle.__setitem__(name, make())


def _soft():
    import h5py

    return h5py.SoftLink("/nowhere")


def _outer():
    import h5py

    return h5py.ExternalLink("/etc/other.h5", "/x")


def _enormous(handle, name, shape):
    handle.create_dataset(name, (10**6, 10**6, 10**6), "f4", chunks=(1, 1, 1024))


def _unfilled(handle, name, shape):
    handle.create_dataset(name, (10**5, 10**4), "f4")


def _elsewhere(handle, name, shape):
    """Leave the model whole; the optimizer's state is what is too large."""
    import numpy as np

    handle.create_dataset(name, data=np.zeros(shape, "f4"))
    handle.create_dataset("optimizer_weights/large", (2**40,), "i1", chunks=(1024,))


def _bomb(handle, name, shape):
    import numpy as np

    handle.create_dataset(name, data=np.zeros((4000, 4000), "f4"), chunks=(4000, 4000), compression=9)


def _references(handle, name, shape):
    import h5py

    handle.create_dataset(name, shape, h5py.ref_dtype)


def _objects(handle, name, shape):
    import h5py

    handle.create_dataset(name, (1,), h5py.vlen_dtype("f4"))


def _filtered(handle, name, shape):
    handle.create_dataset(name, shape, "f4", compression="lzf")


def _shaped(handle, name, shape):
    handle.create_dataset(name, (*shape, 1), "f4")


def _twice(handle, name, shape):
    handle[name] = handle["model_weights"]


def _deep(handle, name, shape):
    group = handle
    for _ in range(30):
        group = group.create_group("g")


def _many(handle, name, shape):
    for number in range(5000):
        handle.create_group(f"many/{number // 100}/{number}").attrs.update({f"a{n}": n for n in range(20)})


def _wide_pieces(handle, name, shape):
    import numpy as np

    handle.create_dataset(
        name,
        data=np.zeros(shape, "f4"),
        maxshape=(None,) * len(shape),
        chunks=(10**5, 1000)[: len(shape)],
        compression=9,
    )


def _one_text_often(handle, name, shape):
    """Let 3,000 names of weights be the same 2,000,000 characters of the file, of which each takes its own in memory."""
    length, times = 2_000_000, 3000
    attributes = handle["/".join(name.strip("/").split("/")[:2])].attrs
    attributes["weight_names"] = [b"x" * length, *[b"y"] * (times - 1)]

    def repeated(content):
        # 16 bytes each: the length, then where the text lies.
        first, others = length.to_bytes(4, "little"), (1).to_bytes(4, "little")
        place = content.find(first)
        while content[place + 16 : place + 20] != others or content[place + 32 : place + 36] != others:
            place = content.find(first, place + 1)
        return content[:place] + content[place : place + 16] * times + content[place + 16 * times :]

    return repeated


def _filled(value, dtype="f4"):
    return lambda handle, name, shape: handle.create_dataset(name, shape, dtype, fillvalue=value)


def _told(key, change):
    """Change what a file tells of itself under a key."""

    def told(handle, name, shape):
        import numpy as np

        handle[name] = np.zeros(shape, "f4")
        facts = json.loads(handle["-model_config-"][()])
        del handle["-model_config-"]
        handle["-model_config-"] = json.dumps({**facts, key: change(facts[key])})

    return told


def _classes(*first):
    return _told("target", lambda target: {**target, "classes": [*first, *range(len(first), 10)]})


_FACTS, _HISTORY = "what it says of its classes and features is damaged", "its training history is damaged"

# Name -> (change of a trained model's file, what the refusal says).
HDF5 = {
    "weights that are no numbers": (_filled(math.nan), "holds something else than numbers"),
    "weights without end": (_filled(1e300, "f8"), "holds something else than numbers"),
    "weights of whole numbers": (_filled(1, "i4"), "needs an array of float32, but the file holds int32"),
    "a history of texts": (_told("history", lambda old: {"loss": ["a"]}), _HISTORY),
    "a history with nothing": (_told("history", lambda old: {"loss": [None]}), _HISTORY),
    "a history of a large number": (_told("history", lambda old: {"loss": [10**400]}), _HISTORY),
    "a history of lists": (_told("history", lambda old: {"loss": [[1.0]]}), _HISTORY),
    "a history of different lengths": (_told("history", lambda old: {"loss": [1.0], "acc": [1.0, 1.0]}), _HISTORY),
    "a history with lines in a name": (_told("history", lambda old: {"loss": [1.0], "a\tb\nc": [1.0]}), _HISTORY),
    "a class of more than 64 bits": (_classes(2**70), _FACTS),
    "a class with lines": (_classes("a\tb\nc"), _FACTS),
    "a class of half a character": (_classes("\ud800"), _FACTS),
    "a class of a million letters": (_classes("a" * 10**6), _FACTS),
    "a class twice": (_classes("1", 1), _FACTS),
    "columns that are no texts": (_told("target", lambda target: {**target, "names": [{}] * 10}), _FACTS),
    "two classes of ten": (
        _told("target", lambda target: {**target, "kind": "binary", "classes": [0, 1]}),
        "has 2 classes, but",
    ),
    "CVE-2026-0897": (_enormous, "times that an array in an h5mlm is larger than its stored bytes"),
    "CVE-2026-0897, unfilled": (_unfilled, "times that an array in an h5mlm is larger than its stored bytes"),
    "CVE-2026-1669": (_external, "has its values in another file"),
    "CVE-2026-12480": (_virtual, "takes its values from other arrays"),
    "CVE-2026-9335": (_linked(_outer), "is a link to another place or file"),
    "CVE-2026-12570": (_elsewhere, "times that an array in an h5mlm is larger than its stored bytes"),
    "soft link": (_linked(_soft), "is a link to another place or file"),
    "packed to a thousandth": (_bomb, "needs an array of shape"),
    "references": (_references, "holds neither numbers nor text"),
    "pieces larger than the array": (_wide_pieces, "is stored in pieces that are larger than itself"),
    "one text, many times": (_one_text_often, "It cannot be read as HDF5"),
    "lists of any length": (_objects, "holds neither numbers nor text"),
    "another filter": (_filtered, "is packed with another filter than gzip and shuffle"),
    "another shape": (_shaped, "needs an array of shape"),
    "a circle": (_twice, "is one thing in two places"),
    "deep groups": (_deep, "levels of groups in an h5mlm"),
    "many objects": (_many, "groups, arrays and attributes in an h5mlm"),
}


def write_hdf5(path, change, template):
    """Write a trained model whose largest array is changed."""
    import h5py

    Path(path).write_bytes(Path(template).read_bytes())
    with h5py.File(path, "a") as handle:
        patched = _replaced(handle, change)
    if patched:
        Path(path).write_bytes(patched(Path(path).read_bytes()))


def write_endless(path, template):
    """Write a trained model whose heap of texts begins with free room of no size, which HDF5 goes through for ever."""
    content = bytearray(Path(template).read_bytes())
    heap = content.find(b"GCOL")
    # After the heap's own 16 bytes its first object: 2 bytes of number, 6 of others, 8 of size.
    content[heap + 16 : heap + 18] = bytes(2)
    content[heap + 24 : heap + 32] = bytes(8)
    Path(path).write_bytes(content)


def _large_zip(path, template, copies):
    with zipfile.ZipFile(template) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, b" " * copies if name == "training.json" else source.read(name))


def _pathed(path, template):
    with zipfile.ZipFile(template) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            target.writestr(name.replace("training.json", f"../{MARKER}"), source.read(name))


def _linked_member(path, template):
    with zipfile.ZipFile(template) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            member = zipfile.ZipInfo(name)
            member.external_attr = 0o120777 << 16
            target.writestr(member, "/etc/passwd" if name == "training.json" else source.read(name))


def _lying(path, template):
    """Let the directory say 10 bytes of a member that has a million."""
    _large_zip(path, template, 10**6)
    raw = Path(path).read_bytes()
    Path(path).write_bytes(raw.replace((10**6).to_bytes(4, "little"), (10).to_bytes(4, "little")))


def _twofold(path, template):
    import warnings

    with zipfile.ZipFile(template) as source, zipfile.ZipFile(path, "w") as target, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in (*source.namelist(), "training.json"):
            target.writestr(name, source.read(name))


# Name -> (writes a builder, what the refusal says).
ZIPS = {
    # Members that an unpacking program would write beside its folder.
    "CVE-2026-11816": (_pathed, "It must hold architecture.json"),
    "CVE-2026-12482": (_linked_member, "training.json: is no JSON"),
    "a bomb": (lambda path, template: _large_zip(path, template, 15 * 2**20), "times that a builder's member grows"),
    "a large member": (lambda path, template: _large_zip(path, template, 17 * 2**20), "bytes of a model configuration"),
    "a directory that lies": (_lying, "is no builder"),
    "a member twice": (_twofold, "It must hold architecture.json"),
}
