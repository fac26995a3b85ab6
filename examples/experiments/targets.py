"""What one may want to know of a network besides its accuracy: how it bears other inputs."""

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import nn

#: Deviation of the noise, and step of the attack, in the units of the inputs.
NOISE = {"digits": 0.3, "clusters": 0.5, "mnist": 0.3}
STEP = {"digits": 0.1, "clusters": 0.1, "mnist": 0.05}


def targets_of(name, zoo, random_state=0):
    """Return for each target its values, one a network, the larger the better.

    - accuracy on test samples with Gaussian noise added, the same for all networks;
    - accuracy on test samples moved by the sign of the loss's gradient (FGSM, Goodfellow et al.
      2015), which is each network's own;
    - how well confidence tells test samples from samples whose features were shuffled over the test
      set, so that each has its distribution but nothing fits together: area under the ROC curve.
    """
    X, y = map(torch.tensor, zoo.data.test)
    rng = np.random.default_rng(random_state)
    noisy = X + NOISE[name] * torch.tensor(rng.normal(size=X.shape).astype(np.float32))
    shuffled = torch.tensor(rng.permuted(zoo.data.test[0], axis=0))
    is_test = np.repeat([1, 0], len(X))
    rows = []
    for network in zoo.networks:
        attacked = X + STEP[name] * _gradient(network, X, y).sign()
        with torch.no_grad():
            tops = [network(inputs).softmax(dim=1).amax(dim=1) for inputs in (X, shuffled)]
            rows.append(
                (
                    _accuracy(network, noisy, y),
                    _accuracy(network, attacked, y),
                    roc_auc_score(is_test, torch.cat(tops).numpy()),
                )
            )
    names = "accuracy under noise", "accuracy under FGSM", "AUROC of shuffled inputs"
    return dict(zip(names, np.array(rows).T, strict=True))


def _accuracy(network, X, y):
    return (network(X).argmax(dim=1) == y).double().mean().item()


def _gradient(network, X, y):
    """Return the gradient of the loss by the inputs."""
    X = X.clone().requires_grad_()
    loss = nn.functional.cross_entropy(network(X), y, reduction="sum")
    return torch.autograd.grad(loss, X)[0]
