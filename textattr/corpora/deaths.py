"""`Deaths`: which shards workers died over, so that rows that kill every worker end the run instead of all of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from textattr.checks import shown
from textattr.corpora.errors import RunError
from textattr.corpora.shard_of_rows import ShardOfRows


@dataclass
class Deaths:
    """How often a worker died over each shard.

    Args:
        most: workers that a shard may take with it, the last of which ends the run.
        so_far: by the name of the shard's file.
    """

    most: int
    so_far: dict[str, int] = field(default_factory=dict)

    def add(self, rows: ShardOfRows, how: str) -> None:
        """One more worker died over these rows.

        Raises:
            RunError: where they have taken as many workers as they may; it names the rows.
        """
        tries = self.so_far[rows.file_name] = self.so_far.get(rows.file_name, 0) + 1
        if tries == self.most:
            last = rows.first + rows.table.num_rows - 1
            raise RunError(
                f"{tries} workers died ({how}) over rows {rows.first} to {last} of {shown(rows.source)}: give fewer "
                "workers=, a smaller batch_size=, or leave out what is too long; what was finished stays"
            )
