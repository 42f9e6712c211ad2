"""The company file: YAML in, every problem at once or the company out, and back to YAML; its schema for editors.

`read_company(content)`, `read_company_file(path)` and, for a company in several files, `read_company_files(paths)` give
a `Reading`; `export_company(company)` the file back, `export_folder(company)` one file a section;
`flow_of(company, today)` the flow document its calls run on. `read_menus(content, company)` and `export_menus(company)`
are about the sections of menus alone, `read_draft` and `menus_of` about what is kept of them.
"""

from cordboard.documents.annotations import export_draft, with_noted_flow_of
from cordboard.documents.errors import DocumentError, DocumentRefused
from cordboard.documents.flow import flow_of, flow_to_judge
from cordboard.documents.flow_tests import FlowTest
from cordboard.documents.gaps import NO_GAPS, Gaps
from cordboard.documents.menus import export_menus, menus_of, read_draft, read_menus
from cordboard.documents.problems import Problem
from cordboard.documents.reading import (
    Reading,
    read_company,
    read_company_file,
    read_company_files,
    read_company_parts,
    read_tests,
)
from cordboard.documents.secrets import FileSecrets
from cordboard.documents.writing import export_company, export_folder

__all__ = [
    "NO_GAPS",
    "DocumentError",
    "DocumentRefused",
    "FileSecrets",
    "FlowTest",
    "Gaps",
    "Problem",
    "Reading",
    "export_company",
    "export_draft",
    "export_folder",
    "export_menus",
    "flow_of",
    "flow_to_judge",
    "menus_of",
    "read_company",
    "read_company_file",
    "read_company_files",
    "read_company_parts",
    "read_draft",
    "read_menus",
    "read_tests",
    "with_noted_flow_of",
]
