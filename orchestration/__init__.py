"""Dagster: what runs, when and in what order. Input, output and metadata; the logic lives in the pure packages."""
