"""Write every dashboard to grafana/dashboards: python -m grafana.build."""

from pathlib import Path

from grafana.build.dashboards import DASHBOARDS, render

FOLDER = Path(__file__).parent.parent / "dashboards"

if __name__ == "__main__":
    for name, build in DASHBOARDS.items():
        path = FOLDER / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(render(build), encoding="utf-8")
