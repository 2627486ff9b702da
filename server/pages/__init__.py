"""Pages for people: rendered here, useful without a script where a form is enough."""
