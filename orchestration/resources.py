"""The resources that assets ask for; tests and the command line swap them through `build_defs`."""

from pathlib import Path

import dagster as dg

from orchestration.home import StudyPlaces
from orchestration.progress import LoggedProgress, ProgressSink
from orchestration.study import Study


class JobtideHome(dg.ConfigurableResource):
    """The folder that holds every study's data."""

    path: str

    def places(self, study: Study) -> StudyPlaces:
        """The fixed places of one study."""
        return StudyPlaces(Path(self.path) / study.name)

    def shared(self, name: str) -> Path:
        """A folder that all studies share, such as the cache of distilled encoders."""
        return Path(self.path) / ".shared" / name

    def worker_key(self) -> bytes:
        """The key that turns worker ids into pseudonyms.

        From `$JOBTIDE_WORKER_KEY`; otherwise made once and kept beside the data, readable by its owner alone. It
        never reaches a log, and without it the pseudonyms cannot be matched to the platform's ids.
        """
        from orchestration.secrets import worker_key

        return worker_key(Path(self.path))


class ProgressReporter(dg.ConfigurableResource):
    """Where progress is shown; the command line swaps it for bars in the terminal."""

    def sink(self, context: dg.AssetExecutionContext) -> ProgressSink:
        """A callback for the pure functions."""
        return LoggedProgress(context.log.info)
