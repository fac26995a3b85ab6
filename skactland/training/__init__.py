"""Networks trained to accuracy checkpoints, and zoos of them."""

from skactland.training._runs import (
    Checkpoint,
    TrainingRun,
    loss_and_accuracy,
    train_to_accuracy,
)
from skactland.training._zoo import multilayer_perceptron, noisy_labels, train_zoo

__all__ = [
    "Checkpoint",
    "TrainingRun",
    "loss_and_accuracy",
    "multilayer_perceptron",
    "noisy_labels",
    "train_to_accuracy",
    "train_zoo",
]
