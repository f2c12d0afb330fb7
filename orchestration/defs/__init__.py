"""One module a stage; each has `build(assets) -> StageDefinitions`."""
