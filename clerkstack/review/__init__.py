"""What a change would do to each stack, as one comment on a pull request.

    engine's events ──> preview    changes, violations, errors of a stack
    the comparison  ──> agreement  app, catalog and instance side by side
                        └──> comment (Markdown) ──> posting (GitHub) or a file

Everything passes through `cleaning` first, which removes the values of secrets.
"""
