"""A gallery in Milvus: embedded in a local file, or on a server for many users and more images than a machine holds."""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, NoReturn, Self, get_args

import torch
from torch import Tensor

from adde_lite.attributes import AttributeSchema
from adde_lite.errors import InputError, unknown
from adde_lite.retrieval.conditions import Weights, codes_of, nothing_left
from adde_lite.retrieval.nearest import check_k
from adde_lite.retrieval.scale.asked import Found, Where, allowed_rows, check_rows, query_vectors
from adde_lite.retrieval.scale.content import check_content, digest, ids_of, in_parts
from adde_lite.retrieval.scale.extra import imported
from adde_lite.retrieval.scale.milvus_connection import Connection

Kind = Literal["FLAT", "IVF_FLAT", "IVF_SQ8", "HNSW", "HNSW_SQ"]
KINDS: tuple[Kind, ...] = get_args(Kind)
ROW, ID, VECTOR = "row", "name", "vector"
NAME_BYTES = 512
ESCAPED = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r"})  # within the quotes of a filter
FLOATS_AT_ONCE = 1 << 22  # 16 MB in a batch, a quarter of what a server takes
ROWS_AT_ONCE = 1_000
LINKS, TRIED_LINKS = 32, 200  # of a row in a graph
ROWS_A_CELL = 39  # fewer train a cell badly, and faiss says so
CELLS = 1_024
EFFORT = {"HNSW": 256, "HNSW_SQ": 256, "IVF_FLAT": 32, "IVF_SQ8": 32, "FLAT": 0}


class MilvusIndex:
    """N embedded images, ranked by inner product with a weighted query. Made by `build` or `open`; close it after use.

    One vector field holds all subspaces, because Milvus allows ten vector fields at most. A column an attribute holds
    its label codes.

    Attributes:
        effort: how much of the index a query looks at, against missed answers: rows kept in view by HNSW, cells by IVF.
    """

    def __init__(self, connection: Connection, collection: str, schema: AttributeSchema, kind: Kind, d: int) -> None:
        self.schema, self.kind, self.d, self.effort = schema, kind, d, EFFORT[kind]
        self._connection, self._collection = connection, collection
        self._rows = 0

    @classmethod
    def build(
        cls,
        embeddings: Tensor,
        labels: Tensor,
        schema: AttributeSchema,
        uri: str | Path,
        *,
        name: str = "gallery",
        ids: Sequence[str] | None = None,
        kind: Kind = "HNSW",
        fingerprint: str = "",
        token: str = "",
        timeout: float = 60.0,
        watch: Callable[[int], None] | None = None,
    ) -> Self:
        """Store a gallery, batch by batch.

        When the process or the server dies, every acknowledged batch is kept: `open` it, and `add` what is missing from
        row `len(index)` on.

        Args:
            embeddings: (N, A, d) as the gallery compares them, so of unit length if it does; stored as float32.
            labels: int64 (N, A), for filters.
            schema: the attributes.
            uri: a path ending in `.db` for Milvus Lite, or `http://host:19530`.
            name: letters, digits and underscores; one place holds many galleries.
            ids: N different names of up to 512 bytes; by default the rows' numbers.
            kind: `FLAT` is exact; `IVF_*` and `HNSW*` look at a part of the rows.
            fingerprint: of the model that embedded the images; `open` compares it.
            token: of a server, `user:password` or a key.
            timeout: seconds that any answer may take.
            watch: called after each acknowledged batch with the number of rows stored.

        Raises:
            InputError: as `FaissIndex.build`; a gallery of that name is there; as `open` for failures of Milvus.
        """
        check_content(embeddings, labels, schema)
        if kind not in KINDS:
            raise unknown("MilvusIndex", "kind", kind, KINDS)
        names, d = _names(ids, len(labels)), embeddings.shape[2]  # refused before anything is made
        connection = Connection(uri, token, timeout)
        try:
            there = _galleries(connection, name)
            if there:
                remedy = "Open it, remove it with MilvusIndex.remove, or choose another name."
                raise InputError(f"Milvus at {uri}", f"a gallery {name!r} already", "a new name", remedy)
            collection = f"{name}_{digest(schema, d, fingerprint)}"
            _create(connection, collection, kind, tuple(embeddings.shape))
            index = cls(connection, collection, schema, kind, d)
            index.add(embeddings, labels, ids=names, watch=watch)
        except BaseException:
            connection.close()
            raise
        return index

    @classmethod
    def open(
        cls,
        uri: str | Path,
        schema: AttributeSchema,
        *,
        name: str = "gallery",
        fingerprint: str = "",
        token: str = "",
        timeout: float = 60.0,
    ) -> Self:
        """Open what `build` has stored. Takes what `build` takes.

        Raises:
            InputError: pymilvus or Milvus Lite is not installed, a damaged file or one that another process holds, a
                server that does not answer in time, no such gallery, or one of another schema or model.
        """
        if "://" not in str(uri) and not Path(uri).exists():
            raise InputError(str(uri), "no such file", "a gallery in Milvus Lite", "Build it with MilvusIndex.build.")
        connection = Connection(uri, token, timeout)
        try:
            collection = _found(connection, name, schema, fingerprint)
            kind = connection.ask("describe_index", collection, index_name=VECTOR)["index_type"]
            d = _dimension(connection, collection) // schema.A
            index = cls(connection, collection, schema, kind, d)
            connection.ask("load_collection", collection)
            index._rows = index._counted()
        except BaseException:
            connection.close()
            raise
        return index

    @staticmethod
    def remove(uri: str | Path, *, name: str = "gallery", token: str = "", timeout: float = 60.0) -> None:
        """Delete the galleries of a name, of whatever model. Raises InputError as `open` does."""
        connection = Connection(uri, token, timeout)
        try:
            for collection in _galleries(connection, name):
                connection.ask("drop_collection", collection)
        finally:
            connection.close()

    def __len__(self) -> int:
        return self._rows

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the server or file; the gallery stays."""
        self._connection.close()

    @torch.no_grad()
    def search(self, query: Tensor, k: int, weights: Weights | None = None, where: Where | None = None) -> Found:
        """As `FaissIndex.search`, but scores are what Milvus computes: of rounded vectors with `IVF_SQ8` and `HNSW_SQ`.

        Of equal scores it may find any; those found are ordered by row.

        Raises:
            InputError: as `FaissIndex.search`; fewer than k rows found although more pass; as `open`.
        """
        queries = query_vectors(query, weights, self.schema, self.d)
        check_k(k, len(self))
        found = self._connection.ask(
            "search",
            self._collection,
            data=list(queries.numpy()),
            anns_field=VECTOR,
            limit=k,
            filter=self._expression(where),
            output_fields=[ROW],
            search_params={"metric_type": "IP", "params": self._effort(k)},
        )
        fewest = min(len(hits) for hits in found)
        if fewest < k:
            self._refuse_too_few(fewest, k, where)
        rows = torch.tensor([[hit[ROW] for hit in hits] for hits in found])
        scores = torch.tensor([[hit["distance"] for hit in hits] for hits in found])
        order = rows.argsort(dim=1)  # then by score, keeping the order of the rows where scores are equal
        order = order.gather(1, scores.gather(1, order).argsort(dim=1, descending=True, stable=True))
        rows, scores = rows.gather(1, order), scores.gather(1, order)
        return Found(rows, scores) if query.ndim == 3 else Found(rows[0], scores[0])

    def add(
        self,
        embeddings: Tensor,
        labels: Tensor,
        *,
        ids: Sequence[str] | None = None,
        watch: Callable[[int], None] | None = None,
    ) -> None:
        """Append images as the next rows, in batches that are kept once they are acknowledged.

        Milvus indexes them in the background; until then it compares them one by one. Takes and raises as `build`; an
        id is compared with those of the same call and those stored.
        """
        check_content(embeddings, labels, self.schema, self.d)
        names = _names(ids, len(labels), before=self._rows)
        batch = max(1, min(ROWS_AT_ONCE, FLOATS_AT_ONCE // (self.schema.A * self.d)))
        for part in in_parts(len(names), batch):
            self._refuse_stored(names[part])
        for part in in_parts(len(names), batch):
            vectors = embeddings[part].detach().flatten(1).float().cpu().numpy()
            columns = [f"label_{a}" for a in range(self.schema.A)]
            rows = [
                {ROW: self._rows + number, ID: name, VECTOR: vector, **dict(zip(columns, codes, strict=True))}
                for number, (name, vector, codes) in enumerate(
                    zip(names[part], vectors, labels[part].tolist(), strict=True)
                )
            ]
            self._connection.ask("insert", self._collection, rows)
            self._rows += len(rows)
            if watch is not None:
                watch(self._rows)
        self._connection.ask("flush", self._collection)  # Milvus Lite indexes nothing before it

    def ids(self, rows: Tensor) -> list[str]:
        """The ids of rows, int64 (n,). Raises InputError for a row that is not there, or another shape."""
        check_rows("rows", rows, len(self))
        asked = sorted(set(rows.tolist()))
        found = self._connection.ask(
            "query", self._collection, filter=f"{ROW} in {asked}", output_fields=[ROW, ID], limit=len(asked)
        )
        names = {one[ROW]: one[ID] for one in found}
        return [names[row] for row in rows.tolist()]

    def _expression(self, where: Where | None) -> str:
        if where is None:
            return ""
        if isinstance(where, Tensor):
            return f"{ROW} in {allowed_rows(where, len(self)).tolist()}"
        return " and ".join(f"label_{a} in {codes}" for a, codes in codes_of(where, self.schema).items())

    def _effort(self, k: int) -> dict[str, int]:
        if self.kind.startswith("HNSW"):
            return {"ef": max(self.effort, k)}
        return {"nprobe": self.effort} if self.kind.startswith("IVF") else {}

    def _count(self, passing: str) -> int:
        (answer,) = self._connection.ask("query", self._collection, filter=passing, output_fields=["count(*)"])
        return int(answer["count(*)"])

    def _counted(self) -> int:
        """The number of rows, all from 0 on: Milvus Lite opens a damaged file with fewer, and says nothing."""
        there = self._count("")
        beyond = self._count(f"{ROW} >= {there}")
        if not there or beyond:
            given = f"{there} rows, {beyond} of them numbered {there} or more"
            remedy = "Remove it with MilvusIndex.remove and build it again."
            raise InputError(f"Milvus at {self._connection.uri}", given, "one row or more, without gaps", remedy)
        return there

    def _refuse_too_few(self, found: int, k: int, where: Where | None) -> NoReturn:
        there = self._count(self._expression(where))
        if where is not None and not there:
            raise nothing_left(where)
        check_k(k, there, filtered=True)
        remedy = "Set a larger effort, or build the index with kind='FLAT'."
        raise InputError(f"{self.kind} index", f"{found} rows found", f"{k} of {there}", remedy)

    def _refuse_stored(self, names: list[str]) -> None:
        quoted = ", ".join(f'"{name.translate(ESCAPED)}"' for name in names)
        stored = self._connection.ask(
            "query", self._collection, filter=f"{ID} in [{quoted}]", output_fields=[ID, ROW], limit=1
        )
        if stored:
            given = f"{stored[0][ID]!r}, which row {stored[0][ROW]} has"
            raise InputError("ids", given, "ids that are not stored yet", "Leave out the copy, or rename it.")


def _names(ids: Sequence[str] | None, rows: int, before: int = 0) -> list[str]:
    """As `ids_of`; also raises InputError for an id that Milvus has no room for."""
    names = ids_of(ids, rows, before)
    long = [name for name in names if len(name.encode()) > NAME_BYTES]
    if long:
        given = f"{long[0][:20]!r}... of {len(long[0].encode())} bytes"
        raise InputError("ids", given, f"at most {NAME_BYTES} bytes", "Shorten it.")
    return names


def _create(connection: Connection, collection: str, kind: Kind, shape: tuple[int, ...]) -> None:
    rows, A, d = shape
    pymilvus = imported("pymilvus", "MilvusIndex")
    types = pymilvus.DataType
    fields = pymilvus.MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    fields.add_field(ROW, types.INT64, is_primary=True)
    fields.add_field(ID, types.VARCHAR, max_length=NAME_BYTES)
    for a in range(A):
        fields.add_field(f"label_{a}", types.INT32)
    fields.add_field(VECTOR, types.FLOAT_VECTOR, dim=A * d)
    settings: dict[str, Any] = {}
    if kind.startswith("HNSW"):
        settings = {"M": LINKS, "efConstruction": TRIED_LINKS} | ({"sq_type": "SQ8"} if kind == "HNSW_SQ" else {})
    elif kind.startswith("IVF"):
        settings = {"nlist": max(1, min(CELLS, rows // ROWS_A_CELL))}
    index = pymilvus.MilvusClient.prepare_index_params()
    # Milvus Lite overlooks settings that are not one JSON object named params, and a server takes both.
    index.add_index(VECTOR, kind, VECTOR, metric_type="IP", params={"params": settings})
    connection.ask(
        "create_collection", collection, schema=fields, index_params=index, consistency_level="Strong"
    )  # strong: what one has added, the next finds


def _galleries(connection: Connection, name: str) -> list[str]:
    """The collections of a name: one for each schema and model."""
    if not name.isascii() or not name.replace("_", "a").isalnum() or name[0].isdigit():
        raise InputError("name", repr(name), "letters, digits and underscores", "Begin with a letter.")
    listed: list[str] = connection.ask("list_collections")
    return [one for one in listed if one.rpartition("_")[0] == name]


def _found(connection: Connection, name: str, schema: AttributeSchema, fingerprint: str) -> str:
    there = _galleries(connection, name)
    if not there:
        remedy = "Build it with MilvusIndex.build."
        raise InputError(f"Milvus at {connection.uri}", f"no gallery {name!r}", "one that was built", remedy)
    d = _dimension(connection, there[0]) // schema.A
    if there[0] != f"{name}_{digest(schema, d, fingerprint)}":
        given = f"gallery {name!r} of another schema or model"
        remedy = "Pass its schema and fingerprint, or build it again."
        raise InputError(f"Milvus at {connection.uri}", given, "one of this schema and model", remedy)
    return there[0]


def _dimension(connection: Connection, collection: str) -> int:
    fields = connection.ask("describe_collection", collection)["fields"]
    return next(int(field["params"]["dim"]) for field in fields if field["name"] == VECTOR)
