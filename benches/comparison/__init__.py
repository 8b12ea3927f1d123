"""The table of `benches/load`, in reading order: `rows` says what is compared, `scene` what runs
for it, `generators` how it is measured, `table` how it is judged and printed. `processes`,
`database` and `user_pool` are what the scene is made of, `machine` where it stands."""
