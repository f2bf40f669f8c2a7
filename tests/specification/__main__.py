"""Write docs/what-may-be-shared.md anew: scripts/spec."""

from tests.specification.page import PAGE, page

PAGE.write_text(page(), encoding="utf-8")
print(f"wrote {PAGE.name}")
