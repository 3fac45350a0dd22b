"""What a change would do to each stack, as one comment of a pull request.

    engine's events ──> preview    changes, violations, errors of a stack
    the comparison  ──> agreement  app, catalog and instance side by side
                        └──> comment (Markdown) ──> posting (GitHub) or a file

Everything that is shown went through `cleaning` first: no value of a secret comes further.
"""
