"""The lean forest: equal to scikit-learn's, small, and safe to load."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

import ml.forest
from ml.forest import ForestError, ForestSettings, LeanForest, fit_forest, top_two


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, list[str], np.ndarray]:
    random = np.random.default_rng(0)
    x = random.normal(size=(600, 24)).astype(np.float32)
    y = [f"title-{number:02d}" for number in (np.abs(x[:, 0] * 9 + x[:, 1] * 4)).astype(int)]
    return x, y, random.normal(size=(300, 24)).astype(np.float32)


@pytest.mark.parametrize("kind", ["random_forest", "extra_trees"])
@pytest.mark.parametrize("min_leaf", [1, 4])
def test_the_lean_forest_equals_scikit_learns_predict_proba(
    rows: tuple[np.ndarray, list[str], np.ndarray], kind: str, min_leaf: int
) -> None:
    from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

    x, y, asked = rows
    weights = np.random.default_rng(1).uniform(0.3, 1.0, len(y))
    settings = ForestSettings(
        kind=kind,
        trees=20,
        bootstrap=kind == "random_forest",
        components=None,
        max_features=5,
        min_leaf=min_leaf,
    )
    lean = fit_forest(x, y, settings, 7, sample_weight=weights)
    reference = {"random_forest": RandomForestClassifier, "extra_trees": ExtraTreesClassifier}[kind](
        20, max_features=5, min_samples_leaf=min_leaf, bootstrap=settings.bootstrap, random_state=7
    ).fit(x, y, weights)
    assert lean.classes_.tolist() == reference.classes_.tolist()
    np.testing.assert_allclose(
        lean.predict_proba_sparse(asked).toarray(), reference.predict_proba(asked), atol=1e-6
    )


def test_the_projection_is_scikit_learns_principal_components(
    rows: tuple[np.ndarray, list[str], np.ndarray],
) -> None:
    from sklearn.decomposition import PCA
    from sklearn.ensemble import RandomForestClassifier

    x, y, asked = rows
    lean = fit_forest(
        x, y, ForestSettings(kind="random_forest", bootstrap=True, trees=10, components=6, max_features=3), 5
    )
    pca = PCA(6, svd_solver="covariance_eigh").fit(x)
    reference = RandomForestClassifier(10, max_features=3, random_state=5).fit(pca.transform(x), y)
    same = (
        reference.predict_proba(pca.transform(asked)).argmax(axis=1)
        == lean.predict_proba_sparse(asked).argmax(axis=1).A1
    )
    assert (
        same.mean() > 0.97
    )  # the last digit of a projected number may fall on the other side of a threshold


def test_growing_in_pieces_gives_the_same_forest_as_growing_in_one_go(
    rows: tuple[np.ndarray, list[str], np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y, asked = rows
    settings = ForestSettings(trees=7, max_features=5)
    whole = fit_forest(x, y, settings, 3).predict_proba_sparse(asked).toarray()
    seen: list[tuple[int, int]] = []
    monkeypatch.setattr(ml.forest, "GROWING_BYTES", 2 * 16 * len(x) * len(set(y)))
    pieces = fit_forest(x, y, settings, 3, lambda _, done, total: seen.append((done, total)))
    np.testing.assert_array_equal(pieces.predict_proba_sparse(asked).toarray(), whole)
    assert seen == [(2, 7), (4, 7), (6, 7), (7, 7)]
    assert {tree.value.shape[2] for tree in pieces._trees} == {1}  # no dense class vectors are left anywhere


def test_a_stored_forest_answers_as_before_and_is_a_fraction_of_the_dense_one(
    rows: tuple[np.ndarray, list[str], np.ndarray], tmp_path: Path
) -> None:
    x, y, asked = rows
    forest = fit_forest(x, y, ForestSettings(trees=10, max_features=5), 3)
    forest.save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["forest.skops", "leaves.safetensors"]
    loaded = LeanForest.load(tmp_path)
    np.testing.assert_array_equal(
        loaded.predict_proba_sparse(asked).toarray(), forest.predict_proba_sparse(asked).toarray()
    )
    assert loaded.classes_.tolist() == forest.classes_.tolist()
    dense = 8 * len(set(y)) * sum(tree.node_count for tree in loaded._trees)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < dense / 3


def test_a_file_with_any_other_type_is_refused(
    tmp_path: Path, rows: tuple[np.ndarray, list[str], np.ndarray]
) -> None:
    import skops.io
    from sklearn.preprocessing import FunctionTransformer

    fit_forest(rows[0], rows[1], ForestSettings(trees=2), 0).save(tmp_path)
    skops.io.dump({"format": 1, "trees": FunctionTransformer(np.save)}, tmp_path / "forest.skops")
    with pytest.raises(ForestError, match="no use for"):
        LeanForest.load(tmp_path)


def test_a_tree_that_points_outside_itself_is_refused(
    tmp_path: Path, rows: tuple[np.ndarray, list[str], np.ndarray]
) -> None:
    forest = fit_forest(rows[0], rows[1], ForestSettings(trees=2), 0)
    tree = forest._trees[1]
    state = tree.__getstate__()
    state["nodes"]["left_child"][0] = 10**6
    tree.__setstate__(state)
    forest.save(tmp_path)
    with pytest.raises(ForestError, match="points outside itself"):
        LeanForest.load(tmp_path)


def test_ties_go_to_the_first_class_and_a_lone_class_has_no_second() -> None:
    table = sp.csr_matrix(np.array([[0.0, 0.5, 0.5], [1.0, 0, 0], [0.2, 0.2, 0.6]], dtype=np.float32))
    best, p, second, second_p = top_two(table)
    assert best.tolist() == [1, 0, 2]
    assert second.tolist() == [2, -1, 0]
    np.testing.assert_allclose(p, [0.5, 1, 0.6], atol=1e-6)
    np.testing.assert_allclose(second_p, [0.5, 0, 0.2], atol=1e-6)


def test_rows_of_another_width_and_empty_input_are_handled(
    rows: tuple[np.ndarray, list[str], np.ndarray],
) -> None:
    forest = fit_forest(rows[0], rows[1], ForestSettings(trees=2), 0)
    with pytest.raises(ValueError, match="24 numbers"):
        forest.predict_proba_sparse(np.zeros((2, 5), dtype=np.float32))
    assert [len(part) for part in forest.top2(np.zeros((0, 24), dtype=np.float32))] == [0, 0, 0, 0]
    with pytest.raises(ValueError, match="as many rows as labels"):
        fit_forest(rows[0], rows[1][:-1], ForestSettings(trees=2), 0)


def test_a_probability_is_never_above_one() -> None:
    import scipy.sparse as sp

    # Found on a tiny market: 20 trees that agree, each with a share of 0.05, added up to 1.0000001 in float32.
    sure = sp.csr_matrix(np.array([[0.0, np.nextafter(np.float32(1), np.float32(2))]], dtype=np.float32))
    _, probability, _, _ = top_two(sure)
    assert probability.tolist() == [1.0]


def test_a_runner_up_is_never_ahead_of_the_best() -> None:
    import scipy.sparse as sp

    # Found on real announcements: two titles with 12.5 of 150 trees each, whose float32 sums differ by 1.5e-8.
    shares = np.array([[0.08333333582, 0.0, 0.08333335072]], dtype=np.float32)
    best, p, second, second_p = top_two(sp.csr_matrix(shares))
    assert (best.tolist(), second.tolist()) == ([0], [2])
    assert p[0] >= second_p[0]
