"""The application: the page, the API and its description, and the report of the run."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException

from benchmarks.common.errors import BenchError, one_line
from benchmarks.serve.limits import Guard, RejectedError, RequestLimits
from benchmarks.serve.model_pool import ModelPool, PoolLimits
from benchmarks.serve.routes import api_router
from benchmarks.serve.served import Served

if TYPE_CHECKING:
    from starlette.types import ASGIApp

PAGE = Path(__file__).parent / "page"
THEME = Path(__file__).parent.parent / "report" / "html" / "templates" / "theme.css"
# the report holds its own style and script, and its own policy, which this one does not weaken
REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


def build_app(
    served: Served, pool_limits: PoolLimits, host: str = "127.0.0.1", limits: RequestLimits | None = None
) -> ASGIApp:
    """Return the application behind its guard; its models are loaded when it starts."""
    limits = limits or RequestLimits()
    pool = ModelPool(served.pooled(), pool_limits)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        pool.start()
        try:
            yield
        finally:
            await pool.close()

    app = FastAPI(
        title="digitbench",
        summary=f"The models {served.origin}, trained on {served.dataset}.",
        version="1",
        lifespan=lifespan,
        docs_url=None,  # FastAPI's page takes its script from another site
        redoc_url=None,
    )
    app.include_router(api_router(served, pool, limits))
    _add_pages(app, served)
    _add_error_handlers(app)
    return Guard(app, host, limits)


def _add_pages(app: FastAPI, served: Served) -> None:
    templates = Environment(
        loader=FileSystemLoader(PAGE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )

    @app.get("/", include_in_schema=False)
    def page() -> HTMLResponse:
        return HTMLResponse(templates.get_template("index.html").render(served=served))

    @app.get("/docs", include_in_schema=False)
    def docs(request: Request) -> HTMLResponse:
        address = str(request.base_url).rstrip("/")
        return HTMLResponse(templates.get_template("docs.html").render(schema=app.openapi(), address=address))

    @app.get("/report", include_in_schema=False)
    def report() -> FileResponse:
        headers = {"content-security-policy": REPORT_POLICY}
        return FileResponse(served.report(), media_type="text/html", headers=headers)

    @app.get("/theme.css", include_in_schema=False)
    def theme() -> FileResponse:
        return FileResponse(THEME, media_type="text/css")

    app.mount("/assets", StaticFiles(directory=PAGE / "assets"))


def _add_error_handlers(app: FastAPI) -> None:
    """Answer whatever goes wrong with one line of JSON."""

    @app.exception_handler(RejectedError)
    async def rejected(request: Request, error: RejectedError) -> Response:
        return JSONResponse({"error": str(error)}, error.status, error.headers)

    @app.exception_handler(BenchError)
    async def not_there(request: Request, error: BenchError) -> Response:
        return JSONResponse({"error": str(error)}, 404)

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        return JSONResponse({"error": str(error.detail)}, error.status_code, error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"][1:]))
        return JSONResponse({"error": one_line(f"{where}: {first['msg']}")}, 422)

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> Response:
        return JSONResponse({"error": "the server failed; its output says why"}, 500)
