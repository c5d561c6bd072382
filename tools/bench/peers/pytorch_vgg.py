"""VGG16's style-transfer loss and gradient in PyTorch on the CPU, a peer of `npm run bench:peers`.

    python pytorch_vgg.py vgg16-f16.safetensors

Needs numpy and torch only. Threads: one a core. Layout: channels_last, which is the faster one for these convolutions on CPUs.
One JSON object a line: says its name, answers `prepare` with its first evaluation, `evaluate` with one more.
"""

import json
import os
import struct
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

STYLE_LAYERS = ["relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3"]
CONTENT_LAYER = "relu4_3"
CONTENT_WEIGHT = 1e6
GRAM_FACTOR = 1e6
MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
STD = np.array([0.229, 0.224, 0.225], dtype=np.float32)


def read_safetensors(path):
    """Every tensor of a safetensors file, as f32."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        body = file.read()
    dtypes = {"F16": "<f2", "F32": "<f4"}
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            values = np.frombuffer(body[begin:end], dtype=dtypes[entry["dtype"]]).astype(np.float32)
            tensors[name] = torch.from_numpy(values.reshape(entry["shape"]))
    return tensors


def load_layers(path):
    tensors = read_safetensors(path)
    names = sorted(name.removesuffix(".weight") for name in tensors if name.endswith(".weight"))
    return [
        (name, tensors[f"{name}.weight"].contiguous(memory_format=torch.channels_last), tensors[f"{name}.bias"])
        for name in names
    ]


def features(layers, x, pool=F.max_pool2d, edge="constant"):
    """Every reluX_Y by name; the first convolution sees `edge` around the picture, a mode of F.pad."""
    maps = {}
    for name, weight, bias in layers:
        if name.endswith("_1") and name != "conv1_1":
            x = pool(x, 2)
        is_first = name == "conv1_1"
        padded = F.pad(x, (1, 1, 1, 1), mode=edge) if is_first else x
        x = F.relu(F.conv2d(padded, weight, bias, padding=0 if is_first else 1), inplace=True)
        maps[name.replace("conv", "relu")] = x
    return maps


def gram(feature):
    rows = feature[0].flatten(1)
    return rows @ rows.T * (GRAM_FACTOR / rows.numel())


def variable(folder, name, width, height):
    pixels = np.fromfile(os.path.join(folder, f"{name}.f32"), dtype="<f4").reshape(height, width, 3)
    normalised = torch.from_numpy(((pixels - MEAN) / STD).transpose(2, 0, 1)[None].copy())
    return normalised.contiguous(memory_format=torch.channels_last)


def make_evaluation(layers, folder, width, height):
    content, style, image = (variable(folder, name, width, height) for name in ["content", "style", "image"])
    with torch.no_grad():
        content_target = features(layers, content)[CONTENT_LAYER].clone()
        style_maps = features(layers, style)
        style_targets = [gram(style_maps[layer]) for layer in STYLE_LAYERS]
    image.requires_grad_()

    def evaluate():
        image.grad = None
        started = time.perf_counter()
        maps = features(layers, image)
        loss = CONTENT_WEIGHT * F.mse_loss(maps[CONTENT_LAYER], content_target)
        for layer, target in zip(STYLE_LAYERS, style_targets):
            loss = loss + F.mse_loss(gram(maps[layer]), target)
        loss.backward()
        return {"ms": 1000 * (time.perf_counter() - started), "lossTotal": loss.item()}

    return evaluate


def main():
    torch.set_num_threads(os.cpu_count() or 1)
    layers = load_layers(sys.argv[1])
    print(json.dumps({"name": f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads"}), flush=True)
    evaluate = None
    for line in sys.stdin:
        request = json.loads(line)
        if request["kind"] == "prepare":
            evaluate = make_evaluation(layers, request["folder"], request["width"], request["height"])
        print(json.dumps(evaluate()), flush=True)


if __name__ == "__main__":
    main()
