"""Networks trained to accuracy checkpoints, zoos of them, and snapshots of any training."""

from skactland.training._runs import (
    Checkpoint,
    TrainingRun,
    loss_and_accuracy,
    train_to_accuracy,
)
from skactland.training._snapshots import SnapshotRecorder
from skactland.training._zoo import multilayer_perceptron, noisy_labels, train_zoo

__all__ = [
    "Checkpoint",
    "SnapshotRecorder",
    "TrainingRun",
    "loss_and_accuracy",
    "multilayer_perceptron",
    "noisy_labels",
    "train_to_accuracy",
    "train_zoo",
]
