"""Style transfer at one scale by PyTorch's own L-BFGS on the CPU, a peer of `npm run bench:quality`.

    python gatys.py vgg16-f16.safetensors

The objective is given: content and Gram losses after ReLUs, total variation, as Impasto's. Needs numpy and torch only. Threads: one a core.
Layout: channels_last. One JSON object a line: says its name, answers `prepare` when targets are made, `advance` after so many evaluations
more, with the picture written as f32 [H, W, 3]. Seconds leave out the writing.
"""

import json
import os
import pathlib
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "peers"))
from pytorch_vgg import MEAN, STD, features, load_layers  # noqa: E402


def picture(folder, name, size):
    pixels = np.fromfile(os.path.join(folder, f"{name}.f32"), dtype="<f4").reshape(size["height"], size["width"], 3)
    return torch.from_numpy(pixels.transpose(2, 0, 1)[None].copy())


def until(layers, taps):
    """The convolutions down to the deepest of the taps."""
    names = [name.replace("conv", "relu") for name, _, _ in layers]
    return layers[: max(names.index(tap) for tap in taps) + 1]


class Run:
    """A run at its present evaluation."""

    def __init__(self, layers, folder, sizes, objective):
        started = time.perf_counter()
        self.objective = objective
        self.taps = {kind: {tap["name"]: tap["weight"] for tap in objective[f"{kind}Layers"]} for kind in ["content", "style"]}
        self.layers = until(layers, {**self.taps["content"], **self.taps["style"]})
        self.mean, self.std = (torch.from_numpy(values).view(1, 3, 1, 1) for values in [MEAN, STD])
        with torch.no_grad():
            content = self.maps(picture(folder, "content", sizes["content"]))
            style = self.maps(picture(folder, "style", sizes["style"]))
            self.content = {tap: content[tap].clone() for tap in self.taps["content"]}
            self.style = {tap: self.gram(style[tap]) for tap in self.taps["style"]}
        self.image = picture(folder, "initial", sizes["content"]).requires_grad_()
        # One evaluation a step, as long as they are wanted.
        self.optimizer = torch.optim.LBFGS(
            [self.image], lr=1, max_iter=1, history_size=objective["history"], tolerance_grad=-1, tolerance_change=-1
        )
        self.loss = None
        self.evaluation = 0
        self.seconds = time.perf_counter() - started

    def maps(self, pixels):
        pool = F.max_pool2d if self.objective["pooling"] == "max" else F.avg_pool2d
        edge = "replicate" if self.objective["paddingMode"] == "replicate" else "constant"
        # Of the variable itself L-BFGS wants a view.
        normalised = ((pixels - self.mean) / self.std).contiguous(memory_format=torch.channels_last)
        return features(self.layers, normalised, pool, edge)

    def gram(self, feature):
        rows = feature[0].flatten(1)
        return rows @ rows.T * (self.objective["gramFactor"] / rows.numel())

    def closure(self):
        self.optimizer.zero_grad()
        maps, x, loss = self.maps(self.image), self.image, 0
        for tap, weight in self.taps["content"].items():
            loss = loss + weight * self.objective["contentWeight"] * F.mse_loss(maps[tap], self.content[tap])
        for tap, weight in self.taps["style"].items():
            loss = loss + weight * self.objective["styleWeight"] * F.mse_loss(self.gram(maps[tap]), self.style[tap])
        down, right = x[:, :, 1:] - x[:, :, :-1], x[:, :, :, 1:] - x[:, :, :, :-1]
        loss = loss + self.objective["tvWeight"] * (down.square().sum() + right.square().sum()) / x.numel()
        loss.backward()
        self.loss = loss.item()
        return loss

    def advance(self, evaluations, file):
        started = time.perf_counter()
        for _ in range(evaluations):
            self.optimizer.step(self.closure)
        self.seconds += time.perf_counter() - started
        self.evaluation += evaluations
        pixels = self.image.detach()[0].permute(1, 2, 0).contiguous().numpy()
        pixels.astype("<f4").tofile(file)
        return {"evaluation": self.evaluation, "seconds": self.seconds, "lossTotal": self.loss}


def main():
    torch.set_num_threads(os.cpu_count() or 1)
    layers = load_layers(sys.argv[1])
    # What torch sets up at its first convolutions is no part of a run.
    features(layers, torch.zeros(1, 3, 32, 32).contiguous(memory_format=torch.channels_last))
    print(json.dumps({"name": f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads"}), flush=True)
    run = None
    for line in sys.stdin:
        request = json.loads(line)
        if request["kind"] == "prepare":
            run = Run(layers, request["folder"], request["sizes"], request["objective"])
            answer = {"evaluation": 0, "seconds": run.seconds, "lossTotal": None}
        else:
            answer = run.advance(request["evaluations"], request["file"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
