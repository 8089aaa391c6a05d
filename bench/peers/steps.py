"""Milliseconds of processor time a training step (Adam, one thread): `python steps.py keras|pytorch|pytorch-fused|jax < request.json`.

The request is {"nets": [{"name", "batch", "steps", "repeats", "input", "classes", "layers": [{"dense": units} |
{"conv": filters, "same": bool} | {"pool": 2} | {"flatten": true}]}]}; `classes` 0 is regression. Every layer has a
kernel of 3x3, ReLU, and the last one's outputs are logits. One JSON line a net: {"name", "ms"}, the median epoch.
"""

import json
import os
import statistics
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

import numpy as np


def data_of(net):
    draw = np.random.default_rng(7)
    rows = net["batch"] * net["steps"]
    x = draw.normal(size=(rows, *net["input"])).astype(np.float32)
    if net["classes"] == 0:
        return x, x.reshape(rows, -1)[:, :1].copy()
    return x, (np.arange(rows) % net["classes"]).astype(np.int64)


def keras_epoch(net):
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    import keras

    layers = [keras.layers.Input(net["input"])]
    for layer in net["layers"]:
        if "dense" in layer:
            layers.append(keras.layers.Dense(layer["dense"], activation="relu"))
        elif "conv" in layer:
            padding = "same" if layer["same"] else "valid"
            layers.append(keras.layers.Conv2D(layer["conv"], 3, padding=padding, activation="relu"))
        elif "pool" in layer:
            layers.append(keras.layers.MaxPooling2D(layer["pool"]))
        else:
            layers.append(keras.layers.Flatten())
    layers.append(keras.layers.Dense(max(1, net["classes"])))
    model = keras.Sequential(layers)
    loss = "mse"
    if net["classes"] > 0:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss=loss)
    x, y = data_of(net)
    return lambda: model.fit(x, y, batch_size=net["batch"], epochs=1, verbose=0)


def pytorch_epoch(net, fused=False):
    import torch
    from torch import nn

    torch.set_num_threads(1)
    parts = []
    for layer in net["layers"]:
        if "dense" in layer:
            parts += [nn.LazyLinear(layer["dense"]), nn.ReLU()]
        elif "conv" in layer:
            parts += [nn.LazyConv2d(layer["conv"], 3, padding="same" if layer["same"] else 0), nn.ReLU()]
        elif "pool" in layer:
            parts.append(nn.MaxPool2d(layer["pool"]))
        else:
            parts.append(nn.Flatten())
    model = nn.Sequential(*parts, nn.LazyLinear(max(1, net["classes"])))
    x, y = (torch.from_numpy(part) for part in data_of(net))
    if x.ndim == 4:
        x = x.permute(0, 3, 1, 2).contiguous()
    model(x[:2])
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=fused)
    loss_of = nn.CrossEntropyLoss() if net["classes"] > 0 else nn.MSELoss()

    def epoch():
        order = torch.randperm(len(x))
        for start in range(0, len(x), net["batch"]):
            rows = order[start : start + net["batch"]]
            optimizer.zero_grad()
            loss_of(model(x[rows]), y[rows]).backward()
            optimizer.step()

    return epoch


def jax_epoch(net):
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    import jax
    import jax.numpy as jnp
    import optax

    x, y = (jnp.asarray(part) for part in data_of(net))
    draw = np.random.default_rng(1)
    weights, size = [], list(net["input"])
    for layer in net["layers"] + [{"dense": max(1, net["classes"])}]:
        if "conv" in layer:
            shape = (3, 3, size[-1], layer["conv"])
            size = [*(size[:2] if layer["same"] else [size[0] - 2, size[1] - 2]), layer["conv"]]
        elif "dense" in layer:
            shape, size = (size[-1], layer["dense"]), [layer["dense"]]
        else:
            size = [size[0] // 2, size[1] // 2, size[2]] if "pool" in layer else [int(np.prod(size))]
            continue
        scale = np.sqrt(2 / np.prod(shape[:-1]))
        weights.append((jnp.asarray(draw.normal(size=shape) * scale, jnp.float32), jnp.zeros(shape[-1])))

    def forward(weights, x):
        left = iter(weights)
        for layer in net["layers"]:
            if "conv" in layer:
                kernel, bias = next(left)
                padding = "SAME" if layer["same"] else "VALID"
                numbers = ("NHWC", "HWIO", "NHWC")
                x = jax.nn.relu(jax.lax.conv_general_dilated(x, kernel, (1, 1), padding, dimension_numbers=numbers) + bias)
            elif "dense" in layer:
                kernel, bias = next(left)
                x = jax.nn.relu(x @ kernel + bias)
            elif "pool" in layer:
                window = (1, layer["pool"], layer["pool"], 1)
                x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, window, window, "VALID")
            else:
                x = x.reshape(x.shape[0], -1)
        kernel, bias = next(left)
        return x @ kernel + bias

    def loss_of(weights, x, y):
        output = forward(weights, x)
        if net["classes"] > 0:
            return optax.softmax_cross_entropy_with_integer_labels(output, y).mean()
        return jnp.mean((output - y) ** 2)

    optimizer = optax.adam(1e-3)

    @jax.jit
    def run(weights, state, order):
        def step(carry, rows):
            weights, state = carry
            loss, gradients = jax.value_and_grad(loss_of)(weights, x[rows], y[rows])
            updates, state = optimizer.update(gradients, state)
            return (optax.apply_updates(weights, updates), state), loss

        return jax.lax.scan(step, (weights, state), order)

    kept = {"weights": weights, "state": optimizer.init(weights)}

    def epoch():
        order = draw.permutation(len(x)).reshape(net["steps"], net["batch"])
        (kept["weights"], kept["state"]), losses = run(kept["weights"], kept["state"], order)
        losses.block_until_ready()

    return epoch


TOOLS = {
    "keras": keras_epoch,
    "pytorch": pytorch_epoch,
    "pytorch-fused": lambda net: pytorch_epoch(net, fused=True),
    "jax": jax_epoch,
}


def main():
    for net in json.load(sys.stdin)["nets"]:
        epoch = TOOLS[sys.argv[1]](net)
        epoch()
        times = []
        for _ in range(net["repeats"]):
            started = time.process_time()
            epoch()
            times.append((time.process_time() - started) / net["steps"] * 1000)
        print(json.dumps({"name": net["name"], "ms": statistics.median(times)}), flush=True)


main()
