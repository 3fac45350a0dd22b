"""Which files serve a path, by the conventions of frameworks."""

from __future__ import annotations

import pytest

from clerkstack.app.routes import answering

PATH = "/api/webhooks/clerk"


@pytest.mark.parametrize(
    "name",
    [
        "app/api/webhooks/clerk/route.ts",
        "src/app/api/webhooks/clerk/route.js",
        "apps/web/src/app/(server)/api/(hooks)/webhooks/clerk/route.ts",
        "app/api/webhooks/[provider]/route.ts",
        "app/api/[...all]/route.ts",
        "app/[[...all]]/route.ts",
        "app/api/webhooks/clerk/[[...rest]]/route.ts",
        "pages/api/webhooks/clerk.ts",
        "src/pages/api/webhooks/clerk/index.js",
        "pages/api/[...path].ts",
        "src/pages/api/webhooks/clerk.ts",
        "src/routes/api/webhooks/clerk/+server.ts",
        "src/routes/(api)/api/webhooks/[name=word]/+server.js",
        "src/routes/api/[...rest]/+server.ts",
        "app/routes/api.webhooks.clerk.ts",
        "app/routes/api.webhooks.clerk/route.tsx",
        "app/routes/_public.api.webhooks.$provider.ts",
        "app/routes/api.$.ts",
        "src/routes/api/webhooks/clerk.ts",
        "server/api/webhooks/clerk.post.ts",
        "server/routes/api/webhooks/clerk.ts",
        "server/api/webhooks/[name].ts",
        "api/webhooks/clerk.ts",
    ],
)
def test_a_file_that_answers(name: str) -> None:
    assert answering(PATH, ["lib/clerk.ts", name]) == [name]


@pytest.mark.parametrize(
    "name",
    [
        "app/api/webhooks/clerk/page.tsx",
        "app/api/webhooks/route.ts",
        "app/api/webhooks/stripe/route.ts",
        "app/api/webhooks/clerk/more/route.ts",
        "app/api/webhooks/clerk/[...rest]/route.ts",
        "pages/webhooks/clerk.ts",
        "src/routes/api/webhooks/clerk/+page.svelte",
        "server/api/webhooks/clerk/more.ts",
        "lib/api/webhooks/clerk.ts",
        "clerk.ts",
    ],
)
def test_a_file_that_does_not(name: str) -> None:
    assert answering(PATH, [name]) == []


def test_the_most_exact_one_is_first() -> None:
    names = ["app/api/[...all]/route.ts", "app/api/webhooks/clerk/route.ts"]

    assert answering(PATH, names)[0] == "app/api/webhooks/clerk/route.ts"
    assert answering("/api/webhooks/clerk/", names)[0] == "app/api/webhooks/clerk/route.ts"
