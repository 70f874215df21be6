"""Cannot be imported, as a binary package that was built for another release of torch."""

raise OSError("Could not load this library: libbroken.so")
