"""Zoos as they lie in folders: what belongs to which network, and nothing by chance."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from conftest import mlp
from safetensors.torch import save_file
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline

from skactland import (
    EachNetwork,
    LandscapeVectorizer,
    LayerActivationExtractor,
    RipsPersistence,
    zoo_table,
)

RUNS = [f"run_{run:03d}/epoch_{epoch:02d}.pt" for run in (7, 8, 12) for epoch in (2, 10)]
FLAT = ["a_1.pt", "a_2.pt", "b_1.pt"]


@pytest.fixture
def make_zoo(tmp_path):
    """Make empty files in a folder called zoo, and what is said of them."""

    def make(names, csv=None):
        for name in names:
            path = tmp_path / "zoo" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        if csv is not None:
            (tmp_path / "zoo" / "metrics.csv").write_text(csv)
        return tmp_path / "zoo"

    return make


def csv_of(**columns):
    return pd.DataFrame(columns).to_csv(index=False)


def test_a_folder_for_each_run_and_a_row_for_each_checkpoint(make_zoo):
    accuracies = np.arange(6) / 10
    folder = make_zoo(RUNS, csv_of(checkpoint=RUNS[::-1], accuracy=accuracies[::-1]))
    table = zoo_table(folder, targets="metrics.csv")
    assert table.index.tolist() == RUNS
    assert table["path"].tolist() == [str(folder / name) for name in RUNS]
    assert table["group"].tolist() == [name[:7] for name in RUNS]
    assert table["accuracy"].tolist() == accuracies.tolist()
    assert list(table) == ["path", "group", "checkpoint", "accuracy"]


def test_a_folder_for_each_run_and_a_row_for_each_run(make_zoo):
    folder = make_zoo(RUNS, "run,width,accuracy\nrun_012,8,0.3\nrun_007,8,0.1\nrun_008,16,0.2\n")
    table = zoo_table(folder, targets="metrics.csv")
    assert table["accuracy"].tolist() == [0.1, 0.1, 0.2, 0.2, 0.3, 0.3]
    assert table["group"].tolist() == table["run"].tolist()


def test_a_flat_folder(make_zoo):
    folder = make_zoo(FLAT, "file,recipe,loss\nb_1.pt,wide,3\na_2.pt,small,2\na_1.pt,small,1\n")
    by_name = zoo_table(folder, "*.pt", "metrics.csv", groups=lambda path: path.name[0])
    assert by_name["loss"].tolist() == [1, 2, 3]
    assert by_name["group"].tolist() == ["a", "a", "b"]
    by_column = zoo_table(folder, targets="metrics.csv", groups="recipe")
    assert by_column["group"].tolist() == ["small", "small", "wide"]
    assert zoo_table(folder, groups=str)["group"].tolist() == FLAT
    with pytest.raises(ValueError, match=r"do not tell.*'a_1.pt'.*groups=str"):
        zoo_table(folder, targets="metrics.csv")
    with pytest.raises(ValueError, match=r"no column 'recip'; did you mean 'recipe'"):
        zoo_table(folder, targets="metrics.csv", groups="recip")


@pytest.mark.parametrize(
    "write",
    [
        lambda name, folder: name,
        lambda name, folder: name.removesuffix(".pt"),
        lambda name, folder: f"./{name}",
        lambda name, folder: name.replace("/", "\\"),
        lambda name, folder: str(folder / name),
        lambda name, folder: f"/scratch/out/zoo/{name}",
    ],
)
def test_ways_to_write_a_name(make_zoo, write):
    folder = make_zoo(RUNS)
    names = [write(name, folder) for name in RUNS[::-1]]
    targets = pd.DataFrame({"where": names, "y": range(6)})
    assert zoo_table(folder, targets=targets)["y"].tolist() == [5, 4, 3, 2, 1, 0]


def test_names_made_of_columns(make_zoo):
    csv = "run,epoch,y\n" + "".join(f"{n[4:7]},{int(n[14:16])},{i}\n" for i, n in enumerate(RUNS))
    folder = make_zoo(RUNS, csv)
    key = "run_{run:03d}/epoch_{epoch:02d}.pt"
    table = zoo_table(folder, targets="metrics.csv", key=key)
    assert table["y"].tolist() == list(range(6))
    with pytest.raises(ValueError, match=r"key='\{rum\}' cannot be filled in: KeyError.*'epoch'"):
        zoo_table(folder, targets="metrics.csv", key="{rum}")
    with pytest.raises(ValueError, match=r"No column of targets names networks.*by key="):
        zoo_table(folder, targets="metrics.csv")


def test_leading_zeros_and_names_that_look_missing(make_zoo):
    folder = make_zoo(["007/a.pt", "010/a.pt", "NA/a.pt"], "run,y\n010,2\n007,1\nNA,3\n")
    assert zoo_table(folder, targets="metrics.csv")["y"].tolist() == [1, 2, 3]
    folder = make_zoo([], "run,y\n010,2\n007,1\n")
    table = zoo_table(folder, "0*/*.pt", "metrics.csv", key="run")
    assert table["y"].tolist() == [1, 2]
    with pytest.raises(ValueError, match="No column of targets names networks"):
        zoo_table(folder, "0*/*.pt", "metrics.csv")  # numbers may be anything


@pytest.mark.parametrize(
    ("csv", "message"),
    [
        ("f,y\na_1.pt,1\na_2.pt,2\n", r"'b_1.pt' is named by no row: .*unmatched='drop'"),
        ("f,y\na_1,1\na_2,2\nb_1,3\nb_2,4\n", r"'b_2' names no network that was found"),
        ("f,y\na_1,1\na_2,2\nb_1,3\nb_1.pt,4\n", r"'b_1.pt' names networks that another row"),
        ("f,y\n,1\na_2,2\nb_1,3\n", r"'' names no network .*'a_1.pt' is named by no row"),
        ("f,y,y\na_1,1,1\n", r"several columns called 'y'"),
        ("f,path\na_1,x\na_2,y\nb_1,z\n", r"a column 'path', and so has the table"),
        ("f,g\na_1,b_1\na_2,a_2\nb_1,a_1\n", r"Several columns .* 'f' .*'g' .*by key="),
        ("f,g\na_1,a_1\na_2,a_1\nb_2,b_1\n", r"Several columns .*'b_2' names no network"),
        ("f,y\nx,1\n", r"No column of targets names networks: the columns are \['f', 'y'\]"),
        ("f;y\na_1;1\n", r"the columns are \['f;y'\].*may be a data frame"),
    ],
)
def test_what_does_not_belong_together(make_zoo, csv, message):
    with pytest.raises(ValueError, match=message):
        zoo_table(make_zoo(FLAT, csv), targets="metrics.csv", groups=str)


def test_names_of_several_networks(make_zoo):
    folder = make_zoo(RUNS, csv_of(file=[Path(name).name for name in RUNS], y=range(6)))
    with pytest.raises(ValueError, match=r"'epoch_02.pt'.* names several networks: write paths"):
        zoo_table(folder, targets="metrics.csv")
    folder = make_zoo(["x/a.pt", "x/b.pt", "x.pt"], "f,y\nx,1\n")
    with pytest.raises(ValueError, match="'x' names several networks"):
        zoo_table(folder, targets="metrics.csv", groups=str)


def test_what_is_unmatched_is_dropped_on_request(make_zoo):
    folder = make_zoo(RUNS, "f,y\nrun_012,3\nrun_013,4\nrun_007,1\n")
    table = zoo_table(folder, targets="metrics.csv", unmatched="drop")
    assert table["y"].tolist() == [1, 1, 3, 3]
    targets = pd.DataFrame({"f": ["nowhere"]})
    with pytest.raises(ValueError, match="'nowhere' names no network that was found"):
        zoo_table(folder, targets=targets, key="f", unmatched="drop")


def test_columns_that_say_the_same(make_zoo):
    folder = make_zoo(FLAT, csv_of(name=["a_2", "b_1", "a_1"], path=["a_2.pt", "b_1.pt", "a_1.pt"]))
    table = zoo_table(folder, targets="metrics.csv", key="path", groups="name")
    assert table["group"].tolist() == ["a_1", "a_2", "b_1"]
    assert table["path"].tolist() == [str(folder / name) for name in FLAT]


def test_frames_of_targets(make_zoo):
    folder = make_zoo(RUNS)
    columns = {"f": RUNS, "y": [*range(5), None]}
    for frame in (pd.DataFrame(columns, index=list("fedcba")), pl.DataFrame(columns)):
        assert zoo_table(folder, targets=frame)["y"].isna().tolist() == [False] * 5 + [True]
    with pytest.raises(ValueError, match=r"'y' of targets says no group of 'run_012/epoch_10.pt'"):
        zoo_table(folder, targets=pd.DataFrame(columns), groups="y")


def test_folders_of_save_pretrained(make_zoo):
    names = [f"run_{run}/checkpoint-{step}" for run in (1, 2) for step in (500, 1000)]
    folder = make_zoo([f"{n}/{f}" for n in names for f in ("config.json", "model.safetensors")])
    targets = pd.DataFrame({"checkpoint": names, "loss": range(4)})
    table = zoo_table(folder, "checkpoint-*", targets)
    assert table.index.tolist() == names
    assert table["group"].tolist() == ["run_1", "run_1", "run_2", "run_2"]
    assert len(zoo_table(folder, "*.safetensors")) == 4
    with pytest.raises(ValueError, match=r"hold no weights as save_pretrained.*'run_1'"):
        zoo_table(folder, "*")
    with pytest.raises(ValueError, match="networks would be there twice"):
        zoo_table(folder / "run_1", "*")


def test_parts_of_networks(make_zoo):
    folder = make_zoo(["a/model-00001-of-00002.safetensors", "a/model-00002-of-00002.safetensors"])
    with pytest.raises(ValueError, match=r"each a part of a network; .*\*\.index\.json"):
        zoo_table(folder, "*.safetensors")


def test_hidden_files_and_the_targets_are_no_networks(make_zoo):
    folder = make_zoo([*FLAT, ".a_1.pt", ".cache/a_1.pt"], "f\na_1\na_2\nb_1\n")
    assert zoo_table(folder, "*", "metrics.csv", groups=str).index.tolist() == FLAT


def test_wrong_values(make_zoo, tmp_path):
    folder = make_zoo(FLAT, "f,y\n")
    for options, message in [
        ({"pattern": "*.pth"}, r"No file in .* matches pattern='\*.pth'; there are 3 \*.pt"),
        ({"pattern": ""}, "pattern must be"),
        ({"pattern": "/*.pt"}, "pattern must be"),
        ({"unmatched": "skip"}, "unmatched must be one of"),
        ({"targets": "m.csv"}, "'m.csv' is not there in .*; of one that lies elsewhere give"),
        ({"targets": "/nowhere/m.csv"}, r"and '/nowhere/m\.csv' is not there\.$"),
        ({"targets": str(folder)}, r"zoo' is a folder\.$"),
        ({"groups": "run"}, "groups='run' is a column of targets, and there are none"),
        ({"targets": [1, 2]}, "targets must be a data frame, or the path"),
        ({"key": "f"}, "key must be a column of targets, which must be given"),
        ({"groups": 3}, "groups must be a column of targets or a function"),
    ]:
        with pytest.raises((ValueError, TypeError, FileNotFoundError), match=message):
            zoo_table(folder, **options)
    with pytest.raises(FileNotFoundError, match="folder must be a folder"):
        zoo_table(tmp_path / "nowhere")
    with pytest.raises(TypeError, match="folder must be the path"):
        zoo_table(["a.pt"])


def test_without_pandas(make_zoo, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ModuleNotFoundError, match="pandas"):
        zoo_table(make_zoo(FLAT))


@pytest.mark.parametrize("kind", ["pt", "safetensors"])
def test_from_a_folder_to_scores(make_zoo, probe, kind):
    names = [f"run_{i % 4}/epoch_{i}.{kind}" for i in range(8)]
    folder = make_zoo(names, csv_of(file=names, accuracy=np.arange(8) / 8))
    for i, name in enumerate(names):
        save = torch.save if kind == "pt" else save_file
        save(mlp(i).state_dict(), folder / name)
    table = zoo_table(folder, f"*.{kind}", "metrics.csv")
    steps = LayerActivationExtractor(probe, network_builder=lambda: mlp()), RipsPersistence()
    model = make_pipeline(EachNetwork(make_pipeline(*steps)), LandscapeVectorizer(), Ridge())
    data = table["path"], table["accuracy"]
    scores = cross_val_score(
        model, *data, groups=table["group"], cv=GroupKFold(4), error_score="raise"
    )
    assert len(scores) == 4
    assert np.isfinite(scores).all()
    for train, test in GroupKFold(4).split(*data, table["group"]):
        assert not set(table["group"].iloc[train]) & set(table["group"].iloc[test])


def test_a_header_that_is_too_short_is_refused(tmp_path):
    """Else values would stand under the names of their neighbours."""
    for name in ("a.pt", "b.pt"):
        (tmp_path / name).touch()
    (tmp_path / "metrics.csv").write_text("loss,accuracy\na.pt,0.3,0.9\nb.pt,0.4,0.8\n")
    with pytest.raises(ValueError, match="longer than its first line"):
        zoo_table(tmp_path, targets="metrics.csv", groups=str)


def test_names_of_a_folder_and_of_a_file_elsewhere_are_unclear(tmp_path):
    for name in ("cifar/mnist.pt", "mnist/cifar.pt", "svhn/usps.pt"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    targets = pd.DataFrame({"checkpoint": ["mnist", "cifar", "usps"], "acc": [0.1, 0.2, 0.3]})
    with pytest.raises(ValueError, match="'mnist', 'cifar' names several networks"):
        zoo_table(tmp_path, targets=targets)


def test_a_template_takes_names_as_written(tmp_path):
    for name in ("run_7/a.pt", "run_007/a.pt"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    (tmp_path / "metrics.csv").write_text("run,acc\n007,0.7\n7,0.8\n")
    table = zoo_table(tmp_path, targets="metrics.csv", key="run_{run}")
    assert table["acc"].to_dict() == {"run_007/a.pt": 0.7, "run_7/a.pt": 0.8}


def test_paths_open_from_anywhere(tmp_path, monkeypatch):
    (tmp_path / "zoo").mkdir()
    (tmp_path / "zoo" / "a.pt").touch()
    monkeypatch.chdir(tmp_path)
    (path,) = zoo_table("zoo", groups=str)["path"]
    monkeypatch.chdir("/")
    assert Path(path).is_file()


# Links


def test_links_to_other_places(make_zoo, tmp_path):
    """Runs, checkpoints and stores of large files lie elsewhere; their names are here."""
    folder = make_zoo(["a/1.pt", ".store/c/1.pt"])
    for name in ("x/1.pt", "x/deep/2.pt", "y/3.pt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (folder / "b").symlink_to(tmp_path / "x")
    (tmp_path / "x" / "deeper").symlink_to(tmp_path / "y")
    (folder / "c").symlink_to(folder / ".store" / "c")
    (tmp_path / "z.pt").touch()
    (folder / "a" / "2.pt").symlink_to(tmp_path / "z.pt")
    targets = pd.DataFrame({"run": list("abc"), "y": range(3)})
    table = zoo_table(folder, targets=targets)
    expected = ["a/1.pt", "a/2.pt", "b/1.pt", "b/deep/2.pt", "b/deeper/3.pt", "c/1.pt"]
    assert table.index.tolist() == expected
    assert table["y"].tolist() == [0, 0, 1, 1, 1, 2]
    assert table["path"].tolist() == [str(folder / name) for name in expected]


def test_links_that_go_round(make_zoo, tmp_path):
    folder = make_zoo(RUNS)
    for name, target in [("itself", folder), ("latest", folder / "run_012")]:
        (folder / name).symlink_to(target)
    (folder / "run_007" / "loop").symlink_to(folder / "run_007")
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "a.pt").touch()
    (tmp_path / "far" / "back").symlink_to(folder)
    (folder / "run_013").symlink_to(tmp_path / "far")
    assert zoo_table(folder).index.tolist() == [*RUNS, "run_013/a.pt"]
    link = tmp_path / "link"
    link.symlink_to(folder)
    (folder / "up").symlink_to(tmp_path)
    with pytest.warns(UserWarning, match=r"zoo/up' lead to folders that hold them"):
        zoo_table(folder)
    (folder / "up").unlink()
    assert zoo_table(link).index.tolist() == [*RUNS, "run_013/a.pt"]


def test_one_file_under_several_names(make_zoo):
    folder = make_zoo(RUNS)
    (folder / "run_007" / "best.pt").symlink_to(folder / RUNS[0])
    with pytest.warns(UserWarning, match=r"'run_007/best.pt', 'run_007/epoch_02.pt' are one file"):
        zoo_table(folder)
    zoo_table(folder, "epoch_*.pt")
    (folder / "run_007" / "best.pt").unlink()
    (folder / "run_008" / "first.pt").symlink_to(folder / RUNS[0])
    with pytest.raises(ValueError, match=r"one file, by links, in several groups.*groups that"):
        zoo_table(folder)
    (folder / "run_008" / "first.pt").unlink()
    (folder / "run_008" / "first.pt").hardlink_to(folder / RUNS[0])
    assert len(zoo_table(folder)) == 7, "as a copy"
    (folder / "run_008" / "lost.pt").symlink_to(folder / "nowhere.pt")
    with pytest.raises(ValueError, match=r"'run_008/lost.pt' are links that lead nowhere"):
        zoo_table(folder)


def test_endings_that_are_left_out_are_told(make_zoo):
    folder = make_zoo(["r1/a.pt", "r1/a.pth", "r2/a.PT", "r3/a.pth", "r4/a.txt", "r5/a.pt"])
    with pytest.warns(UserWarning, match=r"2 files differ .*'r2/a\.PT', 'r3/a\.pth'.*takes both"):
        assert zoo_table(folder)["group"].tolist() == ["r1", "r5"]
    with pytest.warns(UserWarning, match=r"2 files differ .*pattern='a\.\[pP\]\[tT\]\*'"):
        assert zoo_table(folder, "a.pth")["group"].tolist() == ["r1", "r3"]
    found = zoo_table(folder, "a.[pP][tT]*").index.tolist()
    assert found == ["r1/a.pt", "r1/a.pth", "r2/a.PT", "r3/a.pth", "r5/a.pt"]
    zoo_table(folder, "r[15]/a.pt")


@pytest.mark.parametrize("told", [None, float("nan"), pd.NA, ["a"], {"a"}, ("a", 1)])
def test_groups_that_are_none(make_zoo, told):
    folder = make_zoo(FLAT)
    if isinstance(told, tuple):  # of two kinds, which nothing sorts
        with pytest.raises(ValueError, match="names or numbers that can be sorted"):
            zoo_table(folder, groups=lambda path: told if path.name == "b_1.pt" else "b")
        assert zoo_table(folder, groups=lambda path: told)["group"].tolist() == [told] * 3
        return
    with pytest.raises(ValueError, match=r"groups must give a name or number .* for 'b_1\.pt'"):
        zoo_table(folder, groups=lambda path: told if path.name == "b_1.pt" else "b")


# Files of targets


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_encodings_that_are_told(make_zoo, encoding):
    folder = make_zoo(["é.pt", "日本.pt"])
    (folder / "m.csv").write_bytes("f,größe\né,1\n日本,2\n".encode(encoding))
    table = zoo_table(folder, targets="m.csv", groups=str)
    assert dict(zip(table.index, table["größe"], strict=True)) == {"é.pt": 1, "日本.pt": 2}


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16-le", "utf-16-be", "shift-jis"])
def test_encodings_that_are_not_told(make_zoo, encoding):
    folder = make_zoo(FLAT)
    text = "f,y,of\na_1,1,é\n" if encoding != "shift-jis" else "f,y,of\na_1,1,日本\n"
    (folder / "m.csv").write_bytes(text.encode(encoding))
    with pytest.raises(ValueError, match=r"m\.csv' is no text in UTF-8.*encoding="):
        zoo_table(folder, targets="m.csv", groups=str)


@pytest.mark.parametrize("text", ["", "\n\n", 'f,y\n"a_1,1\n'])
def test_files_that_are_no_csv(make_zoo, text):
    folder = make_zoo(FLAT, text)
    with pytest.raises(ValueError, match=r"metrics\.csv' cannot be read as csv"):
        zoo_table(folder, targets="metrics.csv", groups=str)


def test_blank_rows_of_a_file(make_zoo):
    """Spreadsheets leave them; beside them whole numbers would be read as others."""
    rows = "".join(f"{int(n[4:7])},{int(n[14:16])},{i},True\n" for i, n in enumerate(RUNS))
    folder = make_zoo(RUNS, f"run,epoch,y,ok\n{rows},,,\n\n , ,,\n")
    key = "run_{run:03d}/epoch_{epoch:02d}.pt"
    table = zoo_table(folder, targets="metrics.csv", key=key)
    plain = zoo_table(make_zoo([], f"run,epoch,y,ok\n{rows}"), targets="metrics.csv", key=key)
    pd.testing.assert_frame_equal(table, plain)
    assert table["y"].tolist() == list(range(6))


def test_rows_that_lack_a_part_of_the_name(make_zoo):
    rows = "".join(f"{int(n[4:7])},{int(n[14:16])},{i}\n" for i, n in enumerate(RUNS))
    folder = make_zoo(RUNS, f"run,epoch,y\n{rows},3,7\n")
    options = {"targets": "metrics.csv", "key": "run_{run:03d}/epoch_{epoch:02d}.pt"}
    with pytest.raises(ValueError, match="'' names no network that was found"):
        zoo_table(folder, **options)
    assert zoo_table(folder, unmatched="drop", **options)["y"].tolist() == list(range(6))
    make_zoo([], f"run,epoch,y\n{rows}x,3,7\n")
    with pytest.raises(ValueError, match=r"cannot be filled in from row 6: ValueError.*'d'"):
        zoo_table(folder, **options)


def test_columns_that_name_together_are_asked_for(make_zoo):
    rows = "".join(f"{n[:7]},{int(n[14:16])},{i}\n" for i, n in enumerate(RUNS))
    folder = make_zoo(RUNS, f"run,epoch,y\n{rows}")
    with pytest.raises(ValueError, match=r"another row names too.*by key='\{run\}/epoch_\{epoch"):
        zoo_table(folder, targets="metrics.csv")
    table = zoo_table(folder, targets="metrics.csv", key="{run}/epoch_{epoch:02d}.pt")
    assert table["y"].tolist() == list(range(6))
