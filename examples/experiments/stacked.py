"""Many small perceptrons trained at once, as one stack of matrices.

Thirty networks of nine layers of 15 units take thirty times the time of one if they are trained in
turn, as each step is a hundred tiny operations. Stacked, all take part in each operation: one step
costs little more than that of one network. Nothing passes between them: each has initial weights
and mini-batches of its own, and Adam works element by element.

The initial weights are scaled for the nonlinearity, so that signals keep their size from layer to
layer. Torch's own, which can be asked for, are a good deal smaller: after nine narrow layers all
inputs give nearly the same logits, and many networks learn late or not at all.
"""

import torch
from torch import nn
from tqdm.auto import tqdm

from skactland.training import Checkpoint, TrainingRun, multilayer_perceptron


def train_stack(
    seeds,
    X,
    y,
    widths,
    *,
    activation=nn.Tanh,
    scaled_weights=True,
    thresholds=(0.6, 0.7, 0.8, 0.9, 1.0),
    max_epochs=1000,
    batch_size=100,
    learning_rate=1e-3,
    verbose=False,
):
    """Train a perceptron for each seed, as `skactland.training.train_to_accuracy` does.

    The loss is the cross entropy, the optimiser Adam; after each epoch the accuracy on the whole
    training set is measured. A network's run ends when it reaches the last threshold.

    Returns
    -------
    list of TrainingRun
        Checkpoints start with threshold 0, the network before training.
    """
    X, y = torch.as_tensor(X, dtype=torch.float32), torch.as_tensor(y)
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    n_classes = int(y.max()) + 1
    shape = (X.shape[1], widths, n_classes)
    networks = [initial_network(seed, *shape, activation, scaled_weights) for seed in seeds]
    stack = Stack(networks)
    adam = torch.optim.Adam(stack.parameters(), learning_rate)
    kept = [[] for _ in seeds]
    with tqdm(total=max_epochs, desc="Training a stack", disable=not verbose, leave=False) as bar:
        for epoch in range(max_epochs + 1):
            losses, accuracies = stack.measure(X, y)
            _keep(kept, stack, (0.0, *thresholds), losses, accuracies, epoch)
            n_done = sum(len(checkpoints) == len(thresholds) + 1 for checkpoints in kept)
            bar.set_postfix(done=f"{n_done} of {len(seeds)}", refresh=False)
            if n_done == len(seeds) or epoch == max_epochs:
                break
            _train_epoch(stack, adam, X, y, generators, batch_size)
            bar.update()
    return [_run(network, kept[i], thresholds[-1], epoch) for i, network in enumerate(networks)]


def initial_network(seed, n_inputs, widths, n_classes, activation, scaled_weights=True):
    """Return a perceptron before training: He's weights for (leaky) ReLU, Xavier's for others.

    Biases are zero. The bounds of the uniform weights have the gain of the nonlinearity, 5/3 for
    tanh. Unless `scaled_weights`, weights and biases are torch's own.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = multilayer_perceptron(n_inputs, widths, n_classes, activation=activation)
        for module in network.children():
            if scaled_weights and isinstance(module, nn.Linear):
                _initialise(module, network.act1)
    return network


def _initialise(linear, activation):
    nn.init.zeros_(linear.bias)
    if isinstance(activation, (nn.ReLU, nn.LeakyReLU)):
        nn.init.kaiming_uniform_(linear.weight, a=getattr(activation, "negative_slope", 0.0))
    else:
        gain = nn.init.calculate_gain("tanh") if isinstance(activation, nn.Tanh) else 1.0
        nn.init.xavier_uniform_(linear.weight, gain)


class Stack(nn.Module):
    """Perceptrons of one architecture whose weights are stacked, layer by layer."""

    def __init__(self, networks):
        super().__init__()
        self.activation = networks[0].act1
        self.names = [n for n, m in networks[0].named_children() if isinstance(m, nn.Linear)]
        layers = [[network.get_submodule(name) for network in networks] for name in self.names]
        self.weights = nn.ParameterList(
            torch.stack([m.weight.detach() for m in row]) for row in layers
        )
        self.biases = nn.ParameterList(
            torch.stack([m.bias.detach()[None] for m in row]) for row in layers
        )

    def forward(self, X):
        """Map inputs of shape (n_networks, n_samples, n_units) to logits."""
        *hidden, last = zip(self.weights, self.biases, strict=True)
        for weight, bias in hidden:
            X = self.activation(torch.baddbmm(bias, X, weight.mT))
        return torch.baddbmm(last[1], X, last[0].mT)

    @torch.no_grad()
    def measure(self, X, y):
        """Return the loss and the accuracy of each network, as lists."""
        n_networks = len(self.weights[0])
        logits = self(X.expand(n_networks, -1, -1))
        losses = nn.functional.cross_entropy(logits.mT, y.expand(n_networks, -1), reduction="none")
        accuracies = (logits.argmax(dim=2) == y).double().mean(dim=1)
        return losses.mean(dim=1).tolist(), accuracies.tolist()

    def state_of(self, i):
        """Return a copy of the weights of one network, under the names of its own layers."""
        pairs = zip(self.names, self.weights, self.biases, strict=True)
        return {
            f"{name}.{kind}": value
            for name, weight, bias in pairs
            for kind, value in (
                ("weight", weight[i].detach().clone()),
                ("bias", bias[i, 0].detach().clone()),
            )
        }


def _train_epoch(stack, adam, X, y, generators, batch_size):
    n_batches = -(-len(X) // batch_size)
    orders = torch.stack([torch.randperm(len(X), generator=g) for g in generators])
    for batch in orders.tensor_split(n_batches, dim=1):
        logits = stack(X[batch])
        # The mean over each network's batch, summed over the networks: their gradients are apart.
        loss = nn.functional.cross_entropy(logits.mT, y[batch], reduction="sum") / batch.shape[1]
        adam.zero_grad()
        loss.backward()
        adam.step()


def _keep(kept, stack, thresholds, losses, accuracies, epoch):
    """Add a checkpoint for each threshold that a network reaches now."""
    for i, checkpoints in enumerate(kept):
        reached = [t for t in thresholds[len(checkpoints) :] if t <= accuracies[i]]
        if reached:
            state = stack.state_of(i)
            checkpoints += [Checkpoint(t, accuracies[i], losses[i], epoch, state) for t in reached]


def _run(network, checkpoints, last_threshold, n_epochs):
    """Return the run of one network, whose weights are those of its last checkpoint."""
    last = checkpoints[-1]
    network.load_state_dict(last.state_dict)
    converged = last.threshold == last_threshold
    n_epochs = last.epoch if converged else n_epochs
    return TrainingRun(network, checkpoints, last.accuracy, last.loss, n_epochs, converged)
