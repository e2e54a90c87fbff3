"""Write the pages: `scripts/reference` runs this."""

from reference_pages import FOLDER, PAGES

FOLDER.mkdir(parents=True, exist_ok=True)
for name, page in PAGES.items():
    (FOLDER / name).write_text(page())
