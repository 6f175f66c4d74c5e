"""What independent readers find in an exported file, as JSON on standard output."""

import json
import sys
import zipfile

path = sys.argv[1]
times = [list(entry.date_time) for entry in zipfile.ZipFile(path).infolist()]

if path.endswith(".xlsx"):
    import openpyxl

    book = openpyxl.load_workbook(path)
    sheets = []
    for sheet in book.worksheets:
        rows = [[[cell.value if not hasattr(cell.value, "isoformat") else cell.value.isoformat(), cell.data_type]
                 for cell in row] for row in sheet.iter_rows()]
        sheets.append({"name": sheet.title, "frozen": sheet.freeze_panes, "rows": rows})
    found = {"sheets": sheets, "created": book.properties.created.isoformat(), "title": book.properties.title}
else:
    import docx

    paper = docx.Document(path)
    found = {
        "paragraphs": [paragraph.text for paragraph in paper.paragraphs],
        "tables": [[[cell.text for cell in row.cells] for row in table.rows] for table in paper.tables],
        "repeated_heads": sum(table._tbl.xml.count("<w:tblHeader/>") for table in paper.tables),
        "margins_mm": [round(getattr(section, side + "_margin").mm) for section in paper.sections
                       for side in ("left", "right", "top", "bottom")],
        "created": paper.core_properties.created.isoformat(),
        "fonts": paper.styles.element.xml.count("Times New Roman"),
    }
print(json.dumps({"times": times, **found}, ensure_ascii=False))
