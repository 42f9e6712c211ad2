"""The company file's JSON Schema, by which editors complete and check while one types."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema
