"""Writing ISO 20022 documents."""

from lxml import etree


class Writer:
    """Elements of one namespace, appended in the order they are asked for."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self.root = etree.fromstring(f'<Document xmlns="{namespace}"/>')

    def add(self, parent: etree._Element, tag: str, text: str | None = None, **attributes: str) -> etree._Element:
        element = etree.SubElement(parent, f"{{{self._namespace}}}{tag}", attributes)
        element.text = text
        return element

    def add_if(self, parent: etree._Element, tag: str, text: str) -> None:
        """Nothing for an empty text: optional elements are left out, never written empty."""
        if text:
            self.add(parent, tag, text)

    def path(self, parent: etree._Element, path: str, text: str) -> None:
        """`A/B/C` below the parent, the last with the text."""
        *steps, last = path.split("/")
        for step in steps:
            parent = self.add(parent, step)
        self.add(parent, last, text)

    def content(self) -> bytes:
        return bytes(etree.tostring(self.root, xml_declaration=True, encoding="UTF-8"))
