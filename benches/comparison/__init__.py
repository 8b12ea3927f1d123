"""The table of `benches/load`, in reading order: `rows` defines the comparisons, `scene` runs the processes
that they need, `generators` measures, `table` compares with the targets and prints. `processes`, `database`,
`user_pool` and `collector` are parts of the scene; `machine` describes the machine."""
