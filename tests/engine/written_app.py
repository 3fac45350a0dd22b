"""An app next to a stack's settings that checks what the catalog has."""

from __future__ import annotations

import json

from local.project import Project
from tests import sendero

PAGE = """\
import { auth } from '@clerk/nextjs/server'
import { BILLING_FEATURES, PLANS } from '@/lib/plans'
export default async function Page(props) {
  const { has } = await auth()
  if (has({ plan: PLANS.pro.slug }) || has({ feature: BILLING_FEATURES.SSO_SAML })) return 1
  return has({ role: 'org:finance' }) && has({ permission: 'org:sys_billing:read' })
}
"""


def write_app(project: Project, page: str = PAGE, plans: str = sendero.APP_DECLARATION) -> None:
    """Write the app to a folder next to the stack, and name it in the settings."""
    lib = project.folder / "web" / "src" / "lib"
    lib.mkdir(parents=True, exist_ok=True)
    (lib / "plans.ts").write_text(plans)
    (lib.parent / "page.tsx").write_text(page)
    aliases = {"compilerOptions": {"paths": {"@/*": ["./src/*"]}}}
    (project.folder / "web" / "tsconfig.json").write_text(json.dumps(aliases))
    project.set("app", {"path": "web", "declaration": "src/lib/plans.ts"})
