# imh_add_plugin(name source...) builds name.so: hidden symbols, the one export checked.
