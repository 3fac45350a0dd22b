"""Questions about the config on which sources disagree, with a switch for each."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass
class Readings:
    """The strict reading is the default. A test that needs the other one switches it.

    every_null_is_destructive: the description asks for `destructive` for any key set to null, the
    vendor's client for resources only. unknown_nested_key_is_422: the vendor's tests have 400
    unknown_config_key with the dotted path; the catalogue has config_validation_error too.
    allowlist_alone_is_kept: one live write of allowlist_enabled without sign_up_mode answered 200
    and was not kept; others write it alone. quotas_can_be_written: that keys and quotas of role
    sets are read-only is an inference. null_sections_can_be_set: sections of providers that read as
    null in every live read have not been seen to be set.
    """

    every_null_is_destructive: bool = True
    unknown_nested_key_is_422: bool = False
    allowlist_alone_is_kept: bool = False
    quotas_can_be_written: bool = False
    null_sections_can_be_set: bool = False

    def switch(self, name: str, on: bool) -> None:
        """Take the other reading. Raise LookupError for an unknown name."""
        if name not in {field.name for field in fields(self)}:
            raise LookupError(f"there is no reading {name}")
        setattr(self, name, on)
