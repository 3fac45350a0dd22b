"""What the app's code says, as the billing and roles resources keep it."""

from __future__ import annotations

from typing import TypedDict

from clerkstack.shapes import Json, JsonObject, as_object, as_objects, as_texts, as_texts_by_name


class AppSays(TypedDict, total=False):
    """What the app's code says, as a resource has it, without what was not read.

    `plans` are the features of each plan that the app declares, `details` its other fields, `uses`
    the slugs that it checks by kind, each with the first place, and `unmanaged` what the instance
    has in addition according to the settings (`plan/<slug>`).
    """

    plans: dict[str, list[str]]
    features: list[str]
    details: dict[str, JsonObject]
    uses: dict[str, dict[str, str]]
    unmanaged: list[str]


def app_says(value: Json) -> AppSays:
    """Read the property `app` of a resource; empty if an older version's state has none.

    Raises:
        Malformed: a part does not have its shape; names the place.
    """
    app, says = as_object(value, "app"), AppSays()
    if "plans" in app:
        plans = as_object(app["plans"], "app.plans")
        says["plans"] = {slug: as_texts(of, f"app.plans.{slug}") for slug, of in plans.items()}
    if "features" in app:
        says["features"] = as_texts(app["features"], "app.features")
    if "details" in app:
        says["details"] = as_objects(app["details"], "app.details")
    if "uses" in app:
        uses = as_object(app["uses"], "app.uses")
        says["uses"] = {
            kind: as_texts_by_name(places, f"app.uses.{kind}") for kind, places in uses.items()
        }
    if "unmanaged" in app:
        says["unmanaged"] = as_texts(app["unmanaged"], "app.unmanaged")
    return says
