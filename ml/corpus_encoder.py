"""A static encoder made from the study's own postings: a vocabulary and vectors for any language, without a hub.

What belongs here: training the tokenizer and the first vectors on unlabelled texts. What does not: contrastive
tuning (contrastive.py), which starts from these vectors as it does from any encoder's.

The vocabulary is learned by byte-pair merges of characters inside runs of one script (Sennrich et al. 2016), so that
Chinese, which has no spaces, gets its words too. The vectors are those of latent semantic analysis (Deerwester et al.
1990): the right singular vectors of the tf-idf matrix, weighted by idf, so that the mean of a text's token vectors is
its place in that space.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import scipy.sparse as sp
    from sentence_transformers import SentenceTransformer

VOCABULARY = 20_000
RAREST_TOKEN = 3
"""A token must occur so often in the corpus."""

LONGEST_TOKEN = 24
SCALE = 0.05
"""Mean absolute entry of the vectors: about that of a distilled encoder, for which the learning rates are set."""

UNKNOWN = "[UNK]"
FEWEST_TEXTS = 100


def make_corpus_encoder(texts: Sequence[str], dimensions: int, seed: int = 0) -> SentenceTransformer:
    """A static encoder of `dimensions` whose tokens and vectors come from `texts` alone.

    20,000 texts of 1,500 characters take some ten seconds. Raises ValueError for fewer than 100 texts, or for
    texts that hold fewer distinct tokens than dimensions.
    """
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    if len(texts) < FEWEST_TEXTS:
        raise ValueError(
            f"{len(texts)} texts are too few for an encoder of their own; it takes {FEWEST_TEXTS}"
        )
    tokenizer = _train_tokenizer(texts)
    counts = _token_counts(tokenizer, texts)
    if counts.shape[1] <= dimensions:
        raise ValueError(
            f"the texts hold {counts.shape[1]} distinct tokens, too few for {dimensions} dimensions; "
            "set encoder.dimensions lower"
        )
    module = StaticEmbedding(tokenizer, embedding_weights=_latent_vectors(counts, dimensions, seed))
    return SentenceTransformer(modules=[module], device="cpu")


def _train_tokenizer(texts: Sequence[str]) -> Any:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Whitespace(), pre_tokenizers.UnicodeScripts()]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        min_frequency=RAREST_TOKEN,
        special_tokens=[UNKNOWN],
        max_token_length=LONGEST_TOKEN,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def _token_counts(tokenizer: Any, texts: Sequence[str]) -> sp.csr_matrix:
    """How often each token (column) occurs in each text (row)."""
    import scipy.sparse as sp

    found = [encoding.ids for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False)]
    rows = np.repeat(np.arange(len(found)), [len(ids) for ids in found])
    columns = np.concatenate([np.asarray(ids, dtype=np.int64) for ids in found])
    ones = np.ones(len(rows), dtype=np.float32)
    counts = sp.csr_matrix((ones, (rows, columns)), shape=(len(found), tokenizer.get_vocab_size()))
    counts.sum_duplicates()
    return counts


def _latent_vectors(counts: sp.csr_matrix, dimensions: int, seed: int) -> npt.NDArray[np.float32]:
    """Token vectors (tokens, dimensions) from a randomised singular value decomposition (Halko et al. 2011)."""
    import scipy.sparse as sp
    from sklearn.decomposition import TruncatedSVD
    from sklearn.preprocessing import normalize

    texts = counts.shape[0]
    occurring = np.bincount(counts.indices, minlength=counts.shape[1])
    idf = np.log((1.0 + texts) / (1.0 + occurring)).astype(np.float32)
    weighted = counts.copy()
    weighted.data = np.log1p(weighted.data)
    weighted = normalize(weighted @ sp.diags_array(idf), copy=False)
    svd = TruncatedSVD(dimensions, n_iter=2, random_state=seed).fit(weighted)
    vectors = svd.components_.T * idf[:, None]
    return np.asarray(vectors * (SCALE / np.abs(vectors).mean()), dtype=np.float32)
