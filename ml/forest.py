"""A random forest whose stored form and inference stay small at hundreds of classes.

What belongs here: fitting by scikit-learn, the lean form (tree structure plus one sparse class distribution a
leaf), its storage. What does not: embeddings, evaluation, thresholds.

Why lean: scikit-learn keeps a dense vector of all classes in every node. Of a forest over 650 classes these
vectors are 98 %, although only leaves are read and most leaves hold one class. Here each tree keeps its
structure only, the leaves' distributions are one sparse matrix L (leaves of all trees x classes), and the
forest's probability is A @ L, where row i of A marks the leaf that row i reaches in each tree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    import scipy.sparse as sp

Progress = Callable[[str, int, int], None]
Floats = npt.NDArray[np.float32]

TREES_FILE, LEAVES_FILE = "forest.skops", "leaves.safetensors"
TREE_TYPE = "sklearn.tree._tree.Tree"
FORMAT = 1
PREDICT_ROWS = 16_384
# How many bytes of dense class vectors may exist at once while the forest grows.
GROWING_BYTES = 1 << 28
LEAF = -1


class ForestError(ValueError):
    """A stored forest is damaged, or is not one that this version reads."""


class ForestSettings(BaseModel):
    """How the forest is grown.

    kind: `extra_trees` draws the thresholds of a split at random (extremely randomised trees; Geurts et al. 2006),
    `random_forest` searches the best (Breiman 2001). Measured on 17,774 announcements with 5,000 labels, tuned
    static encoder, mean of five samples, 100 trees: extra trees 0.879 in 1.8 s of processor time, random forest
    (bootstrap) 0.878 in 10 s.
    components: principal components of the embeddings that the trees see (None: all dimensions). Fewer make
    the trees several times faster at equal accuracy: the noise of the many small ones is not split upon.
    max_features: features tried a split; a number, a fraction, "sqrt" or "log2".
    bootstrap: each tree sees rows drawn with replacement instead of all rows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["random_forest", "extra_trees"] = "extra_trees"
    trees: int = Field(default=150, ge=1, le=5_000)
    max_features: int | float | Literal["sqrt", "log2"] = 16
    components: int | None = Field(default=64, ge=1)
    bootstrap: bool = False
    min_leaf: int = Field(default=1, ge=1)
    max_depth: int | None = Field(default=None, ge=1)
    class_weight: Literal["balanced", "balanced_subsample"] | None = None


@dataclass(frozen=True)
class Projection:
    """Principal components: x -> (x - mean) @ axes, shapes (d,) and (d, components)."""

    mean: Floats
    axes: Floats

    def __call__(self, x: Floats) -> Floats:
        """Project rows; float32 in, float32 out."""
        return np.ascontiguousarray((x - self.mean) @ self.axes, dtype=np.float32)


class LeanForest:
    """A fitted forest: `predict_proba_sparse`, `top2`, `save`, `load`. Made by `fit_forest` or `load`.

    classes_: the class names, sorted; all class indices refer to it. Its probabilities equal scikit-learn's
    `predict_proba` to 1e-6.
    """

    def __init__(
        self,
        classes: Sequence[str],
        trees: Sequence[Any],
        leaves: sp.csr_matrix,
        projection: Projection | None,
    ) -> None:
        self.classes_: npt.NDArray[Any] = np.asarray(classes, dtype=np.str_)
        self._trees = list(trees)
        self._leaves = leaves
        self._projection = projection
        self._leaf_rows = _leaf_rows(self._trees)
        if leaves.shape != (sum(tree.n_leaves for tree in self._trees), len(self.classes_)):
            raise ForestError(
                f"the leaves have shape {leaves.shape}, which does not fit the trees and classes"
            )

    @property
    def trees(self) -> int:
        """The number of trees."""
        return len(self._trees)

    @property
    def dimensions(self) -> int:
        """The width of the rows it takes."""
        return len(self._projection.mean) if self._projection else int(self._trees[0].n_features)

    def predict_proba_sparse(self, x: npt.ArrayLike, threads: int | None = None) -> sp.csr_matrix:
        """Class probabilities of rows (n, d), as a sparse matrix (n, classes) whose rows add up to 1.

        Raises ValueError where d is not `dimensions`.
        """
        import scipy.sparse as sp

        rows = np.ascontiguousarray(x, dtype=np.float32)
        if rows.ndim != 2 or rows.shape[1] != self.dimensions:
            raise ValueError(f"the forest takes rows of {self.dimensions} numbers, not shape {rows.shape}")
        if len(rows) == 0:
            return sp.csr_matrix((0, len(self.classes_)), dtype=np.float32)
        with ThreadPoolExecutor(threads) as pool:
            blocks = [
                self._predict_block(rows[start : start + PREDICT_ROWS], pool)
                for start in range(0, len(rows), PREDICT_ROWS)
            ]
        return sp.vstack(blocks, format="csr") if len(blocks) > 1 else blocks[0]

    def _predict_block(self, x: Floats, pool: ThreadPoolExecutor) -> sp.csr_matrix:
        import scipy.sparse as sp

        seen = self._projection(x) if self._projection else x

        # Tree.apply releases the interpreter lock, so threads walk the trees at the same time.
        def reached(number: int) -> npt.NDArray[np.int32]:
            return self._leaf_rows[number][self._trees[number].apply(seen)]

        columns = np.stack(list(pool.map(reached, range(self.trees))), axis=1)
        share = np.full(columns.size, 1.0 / self.trees, dtype=np.float32)
        starts = np.arange(0, columns.size + 1, self.trees)
        marks = sp.csr_matrix((share, columns.ravel(), starts), shape=(len(x), self._leaves.shape[0]))
        return sp.csr_matrix(marks @ self._leaves)

    def top2(self, x: npt.ArrayLike) -> tuple[npt.NDArray[np.int32], Floats, npt.NDArray[np.int32], Floats]:
        """The best and second-best class of each row: (best index, p, second index, p), each of shape (n,).

        Ties go to the class that comes first in `classes_`. A row all of whose trees agree has no second
        class: index -1, probability 0.
        """
        return top_two(self.predict_proba_sparse(x))

    def save(self, folder: Path) -> None:
        """Write forest.skops and leaves.safetensors into an existing folder."""
        import zipfile

        import skops.io as sio
        from safetensors.numpy import save_file

        content = {"format": FORMAT, "classes": self.classes_.tolist(), "trees": self._trees}
        sio.dump(content, folder / TREES_FILE, compression=zipfile.ZIP_DEFLATED, compresslevel=1)
        arrays = {
            "data": self._leaves.data.astype(np.float32),
            "indices": self._leaves.indices.astype(np.int32),
            "indptr": self._leaves.indptr.astype(np.int64),
        }
        if self._projection:
            arrays |= {"mean": self._projection.mean, "axes": self._projection.axes}
        save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, folder / LEAVES_FILE)

    @classmethod
    def load(cls, folder: Path) -> LeanForest:
        """Read what `save` wrote.

        Raises FileNotFoundError, or ForestError for a file that holds any other type than scikit-learn's trees
        or whose trees point outside themselves (apply would read foreign memory).
        """
        import scipy.sparse as sp
        import skops.io as sio
        from safetensors.numpy import load_file

        path = folder / TREES_FILE
        foreign = sorted(set(sio.get_untrusted_types(file=path)) - {TREE_TYPE})
        if foreign:
            raise ForestError(f"{path} holds types that a forest has no use for: {', '.join(foreign)}")
        content = sio.load(path, trusted=[TREE_TYPE])
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise ForestError(f"{path} is not a forest of format {FORMAT}; train the model again")
        arrays = load_file(folder / LEAVES_FILE)
        for tree in content["trees"]:
            _check_tree(tree, path)
        leaves = sp.csr_matrix(
            (arrays["data"], arrays["indices"], arrays["indptr"]),
            shape=(len(arrays["indptr"]) - 1, len(content["classes"])),
        )
        leaves.check_format(full_check=True)
        projection = Projection(arrays["mean"], arrays["axes"]) if "mean" in arrays else None
        return cls(content["classes"], content["trees"], leaves, projection)


def fit_forest(
    x: npt.ArrayLike,
    y: Sequence[str],
    settings: ForestSettings,
    seed: int,
    progress: Progress | None = None,
    sample_weight: npt.ArrayLike | None = None,
) -> LeanForest:
    """Grow a forest on rows x (n, d) with class names y, and make it lean.

    Grown some trees at a time, each made lean before the next: the dense class vectors of the whole forest are
    never in memory at once, and the result equals a forest grown in one go with the same seed.
    Raises ValueError where x and y differ in length or are empty.
    """
    from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

    rows = np.ascontiguousarray(x, dtype=np.float32)
    names = np.asarray(y, dtype=np.str_)
    if len(rows) == 0 or len(rows) != len(names):
        raise ValueError(f"a forest needs as many rows as labels, and some: got {len(rows)} and {len(names)}")
    classes, codes = np.unique(names, return_inverse=True)
    projection = _fit_projection(rows, settings.components, seed)
    seen = projection(rows) if projection else rows
    kind = ExtraTreesClassifier if settings.kind == "extra_trees" else RandomForestClassifier
    # A tree has at most 2n nodes of 8 bytes a class.
    chunk = max(1, min(settings.trees, GROWING_BYTES // (16 * len(rows) * len(classes))))
    forest = kind(
        n_estimators=0,
        max_features=_feature_count(settings.max_features, seen.shape[1]),
        min_samples_leaf=settings.min_leaf,
        max_depth=settings.max_depth,
        class_weight=settings.class_weight,
        bootstrap=settings.bootstrap,
        random_state=seed,
        warm_start=True,
        n_jobs=-1,
    )
    weight = np.ones(len(rows)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    leaves: list[sp.csr_matrix] = []
    for start in range(0, settings.trees, chunk):
        forest.set_params(n_estimators=min(start + chunk, settings.trees))
        forest.fit(seen, names, sample_weight=sample_weight)
        for estimator in forest.estimators_[start:]:
            leaves.append(
                _leaf_distributions(estimator.tree_)
                if settings.bootstrap or settings.class_weight
                else _leaf_distributions_of(estimator.tree_, seen, codes, weight, len(classes))
            )
            estimator.tree_ = _slim(estimator.tree_)
        if progress:
            progress("forest", len(leaves), settings.trees)
    return _assemble(forest, leaves, projection)


def _assemble(forest: Any, leaves: list[sp.csr_matrix], projection: Projection | None) -> LeanForest:
    import scipy.sparse as sp

    trees = [estimator.tree_ for estimator in forest.estimators_]
    return LeanForest(forest.classes_.tolist(), trees, sp.vstack(leaves, format="csr"), projection)


def top_two(
    probabilities: sp.csr_matrix,
) -> tuple[npt.NDArray[np.int32], Floats, npt.NDArray[np.int32], Floats]:
    """The two largest entries of each row of a sparse matrix; see `LeanForest.top2`."""
    n = probabilities.shape[0]
    row = np.repeat(np.arange(n), np.diff(probabilities.indptr))
    # Rounded: float32 sums of equal shares differ in the last digits, may be above 1, and a runner-up ahead by
    # 0.00000001 would contradict the order.
    rounded = np.minimum(np.round(probabilities.data.astype(np.float64), 6), 1.0)
    order = np.lexsort((probabilities.indices, -rounded, row))
    columns, values = probabilities.indices[order], rounded[order].astype(np.float32)
    starts, counts = probabilities.indptr[:-1], np.diff(probabilities.indptr)
    best = np.full(n, -1, dtype=np.int32)
    second = np.full(n, -1, dtype=np.int32)
    best_p, second_p = np.zeros(n, dtype=np.float32), np.zeros(n, dtype=np.float32)
    has, has_two = counts > 0, counts > 1
    best[has], best_p[has] = columns[starts[has]], values[starts[has]]
    second[has_two], second_p[has_two] = columns[starts[has_two] + 1], values[starts[has_two] + 1]
    return best, best_p, second, second_p


def _feature_count(setting: int | float | str, width: int) -> int | float | str:
    """A whole number of features may exceed the width after the projection; scikit-learn would refuse."""
    return min(setting, width) if isinstance(setting, int) else setting


def _fit_projection(x: Floats, components: int | None, seed: int) -> Projection | None:
    if components is None or components >= min(x.shape):
        return None
    from sklearn.decomposition import PCA

    pca = PCA(components, svd_solver="covariance_eigh", random_state=seed).fit(x)
    return Projection(
        pca.mean_.astype(np.float32), np.ascontiguousarray(pca.components_.T.astype(np.float32))
    )


def _leaf_distributions(tree: Any) -> sp.csr_matrix:
    """The class shares in each leaf of a scikit-learn tree, in node order: sparse (leaves, classes)."""
    import scipy.sparse as sp

    value = tree.value[tree.children_left == LEAF, 0, :]
    total = value.sum(axis=1, keepdims=True)
    return sp.csr_matrix((value / np.where(total > 0, total, 1.0)).astype(np.float32))


def _leaf_distributions_of(
    tree: Any, seen: Floats, codes: npt.NDArray[np.int64], weight: npt.NDArray[np.float64], classes: int
) -> sp.csr_matrix:
    """The same from the rows that the tree grew on, all of them with their weights.

    The tree's own table is dense (nodes x classes): at 650 classes reading it took a fifth of the time of a fit.
    """
    import scipy.sparse as sp

    leaf = np.cumsum(tree.children_left == LEAF) - 1
    reached = leaf[tree.apply(seen)]
    found = sp.coo_matrix((weight, (reached, codes)), shape=(int(leaf[-1]) + 1, classes)).tocsr()
    total = np.asarray(found.sum(axis=1)).ravel()
    found.data /= np.repeat(np.where(total > 0, total, 1.0), np.diff(found.indptr))
    return found.astype(np.float32)


def _slim(tree: Any) -> Any:
    """The same tree without its class vectors: one (unread) number a node in their place."""
    from sklearn.tree._tree import Tree

    slim = Tree(tree.n_features, np.array([1], dtype=np.intp), 1)
    state = tree.__getstate__()
    nodes = state["nodes"].copy()
    for statistic in ("impurity", "n_node_samples", "weighted_n_node_samples"):
        nodes[statistic] = 0  # apply reads none of them, and zeros take no room on disk
    values = np.zeros((tree.node_count, 1, 1), dtype=np.float64)
    slim.__setstate__({**state, "nodes": nodes, "values": values})
    return slim


def _leaf_rows(trees: Sequence[Any]) -> list[npt.NDArray[np.int32]]:
    """Per tree, node id -> row of the matrix of leaves (-1 for inner nodes, which apply never returns)."""
    maps, offset = [], 0
    for tree in trees:
        is_leaf = tree.children_left == LEAF
        rows = np.where(is_leaf, offset + np.cumsum(is_leaf) - 1, -1).astype(np.int32)
        maps.append(rows)
        offset += int(is_leaf.sum())
    return maps


def _check_tree(tree: Any, path: Path) -> None:
    """Raises ForestError unless every node points forward inside the tree and splits on a feature it has."""
    left, right, feature = tree.children_left, tree.children_right, tree.feature
    inner = left != LEAF
    here = np.arange(tree.node_count)
    sound = (
        tree.node_count > 0
        and bool(np.all((right != LEAF) == inner))
        and bool(np.all((left[inner] > here[inner]) & (left[inner] < tree.node_count)))
        and bool(np.all((right[inner] > here[inner]) & (right[inner] < tree.node_count)))
        and bool(np.all((feature[inner] >= 0) & (feature[inner] < tree.n_features)))
    )
    if not sound:
        raise ForestError(f"{path} is damaged: a tree points outside itself; train the model again")
