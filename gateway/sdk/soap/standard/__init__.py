"""The standard schemas that contracts import, one file a namespace, and how each is known.

Each file is written for Darcha from the standard that its first comment names. Names, types and occurrences are the
standard's; documentation is left to it. A file that is a part of its standard says so and names what is left out. No file
has a DTD, and imports carry a namespace and no address.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Shipped:
    """A schema file of this folder: its namespace, its standard, and the addresses and file names it is imported by."""

    file: str
    namespace: str
    source: str
    urls: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


_OASIS: Final = "http://docs.oasis-open.org/wss"
_GML_PARTS: Final = (
    "basicTypes", "coordinateReferenceSystems", "coverage", "deprecatedTypes", "dictionary", "direction", "dynamicFeature",
    "feature", "geometryAggregates", "geometryBasic0d1d", "geometryBasic2d", "geometryComplexes", "geometryPrimitives", "gmlBase",
    "measures", "observation", "referenceSystems", "temporal", "temporalReferenceSystems", "topology", "units", "valueObjects",
)  # fmt: skip

SHIPPED: Final[tuple[Shipped, ...]] = (
    Shipped(
        "xml.xsd",
        "http://www.w3.org/XML/1998/namespace",
        "W3C, The xml: Namespace",
        ("http://www.w3.org/2001/xml.xsd", "http://www.w3.org/2001/03/xml.xsd", "http://www.w3.org/2009/01/xml.xsd",
         "http://www.w3.org/2004/10/xml.xsd", "http://www.w3.org/2005/08/xml.xsd", "http://www.w3.org/2007/08/xml.xsd"),
    ),
    Shipped(
        "xmlschema.xsd",
        "http://www.w3.org/2001/XMLSchema",
        "W3C, XML Schema Part 1 (part)",
        ("http://www.w3.org/2001/XMLSchema.xsd",),
    ),
    Shipped(
        "soap-encoding.xsd",
        "http://schemas.xmlsoap.org/soap/encoding/",
        "SOAP 1.1, section 5",
        ("http://schemas.xmlsoap.org/soap/encoding.xsd", "http://schemas.xmlsoap.org/soap/encoding/encoding.xsd"),
        ("encoding.xsd", "soapenc.xsd", "soap11-encoding.xsd"),
    ),
    Shipped(
        "soap-envelope.xsd",
        "http://schemas.xmlsoap.org/soap/envelope/",
        "SOAP 1.1, section 4",
        ("http://schemas.xmlsoap.org/soap/envelope.xsd",),
        ("envelope.xsd", "soapenv.xsd", "soap11-envelope.xsd"),
    ),
    Shipped(
        "soap12-envelope.xsd",
        "http://www.w3.org/2003/05/soap-envelope",
        "W3C, SOAP 1.2 Part 1",
        ("http://www.w3.org/2003/05/soap-envelope/soap-envelope.xsd",),
        ("soapenv12.xsd", "soap-envelope-1.2.xsd"),
    ),
    Shipped(
        "soap12-encoding.xsd",
        "http://www.w3.org/2003/05/soap-encoding",
        "W3C, SOAP 1.2 Part 2, section 3",
        ("http://www.w3.org/2003/05/soap-encoding/soap-encoding.xsd",),
        ("soapenc12.xsd", "soap-encoding-1.2.xsd"),
    ),
    Shipped(
        "wsdl.xsd",
        "http://schemas.xmlsoap.org/wsdl/",
        "WSDL 1.1, sections 2.1 and 2.2 (part)",
        ("http://schemas.xmlsoap.org/wsdl/2003-02-11.xsd", "http://www.w3.org/TR/wsdl"),
    ),
    Shipped(
        "ws-addr.xsd",
        "http://www.w3.org/2005/08/addressing",
        "W3C, Web Services Addressing 1.0: Core and SOAP Binding",
        ("http://www.w3.org/2006/03/addressing/ws-addr.xsd", "http://www.w3.org/2005/08/addressing/ws-addr.xsd"),
        ("ws-addressing.xsd", "wsa.xsd"),
    ),
    Shipped(
        "addressing-2004-08.xsd",
        "http://schemas.xmlsoap.org/ws/2004/08/addressing",
        "W3C member submission, Web Services Addressing, 10 August 2004",
        ("http://schemas.xmlsoap.org/ws/2004/08/addressing/addressing.xsd",),
        ("addressing.xsd",),
    ),
    Shipped(
        "ws-addr-wsdl.xsd",
        "http://www.w3.org/2006/05/addressing/wsdl",
        "W3C, Web Services Addressing 1.0: WSDL Binding, candidate of 29 May 2006 (part)",
        ("http://www.w3.org/2006/05/addressing/wsdl/ws-addr-wsdl.xsd",),
        ("wsaw.xsd",),
    ),
    Shipped(
        "ws-addr-metadata.xsd",
        "http://www.w3.org/2007/05/addressing/metadata",
        "W3C, Web Services Addressing 1.0: Metadata",
        ("http://www.w3.org/2007/05/addressing/metadata/ws-addr-metadata.xsd",),
        ("wsam.xsd",),
    ),
    Shipped(
        "wss-secext-1.0.xsd",
        f"{_OASIS}/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd",
        "OASIS, WS-Security: SOAP Message Security 1.0 and UsernameToken Profile 1.0",
        (),
        ("oasis-200401-wss-wssecurity-secext-1.0.xsd", "secext-1.0.xsd", "secext.xsd", "wsse.xsd"),
    ),
    Shipped(
        "wss-utility-1.0.xsd",
        f"{_OASIS}/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd",
        "OASIS, WS-Security: SOAP Message Security 1.0, sections 4 and 10",
        (),
        ("oasis-200401-wss-wssecurity-utility-1.0.xsd", "utility-1.0.xsd", "utility.xsd", "wsu.xsd"),
    ),
    Shipped(
        "wss-secext-1.1.xsd",
        f"{_OASIS}/oasis-wss-wssecurity-secext-1.1.xsd",
        "OASIS, WS-Security: SOAP Message Security 1.1 and UsernameToken Profile 1.1",
        (),
        ("oasis-wss-wssecurity-secext-1.1.xsd", "secext-1.1.xsd", "wsse11.xsd"),
    ),
    Shipped(
        "xmldsig.xsd",
        "http://www.w3.org/2000/09/xmldsig#",
        "W3C, XML Signature Syntax and Processing",
        ("http://www.w3.org/TR/xmldsig-core/xmldsig-core-schema.xsd",
         "http://www.w3.org/TR/2002/REC-xmldsig-core-20020212/xmldsig-core-schema.xsd",
         "http://www.w3.org/TR/2008/REC-xmldsig-core-20080610/xmldsig-core-schema.xsd",
         "http://www.w3.org/2000/09/xmldsig/xmldsig-core-schema.xsd"),
        ("xmldsig-core-schema.xsd", "xmldsig-core.xsd", "xmldsig-core-schema-1.0.xsd"),
    ),
    Shipped(
        "xenc.xsd",
        "http://www.w3.org/2001/04/xmlenc#",
        "W3C, XML Encryption Syntax and Processing",
        ("http://www.w3.org/TR/xmlenc-core/xenc-schema.xsd",
         "http://www.w3.org/TR/2002/REC-xmlenc-core-20021210/xenc-schema.xsd"),
        ("xenc-schema.xsd", "xmlenc.xsd"),
    ),
    Shipped(
        "xmlmime.xsd",
        "http://www.w3.org/2005/05/xmlmime",
        "W3C, Describing Media Content of Binary Data in XML, 4 May 2005",
        (),
        ("xmime.xsd",),
    ),
    Shipped(
        "xmlmime-2004-11.xsd",
        "http://www.w3.org/2004/11/xmlmime",
        "W3C, Describing Media Content of Binary Data in XML, draft of November 2004",
    ),
    Shipped(
        "xmlmime-2004-06.xsd",
        "http://www.w3.org/2004/06/xmlmime",
        "W3C, Assigning Media Types to Binary Data in XML, draft of June 2004",
    ),
    Shipped(
        "xop-include.xsd",
        "http://www.w3.org/2004/08/xop/include",
        "W3C, XML-binary Optimized Packaging, section 2.1",
        (),
        ("xop.xsd", "include.xsd"),
    ),
    Shipped(
        "swaref.xsd",
        "http://ws-i.org/profiles/basic/1.1/xsd",
        "WS-I, Attachments Profile 1.0, section 4.4",
        ("http://ws-i.org/profiles/basic/1.1/swaref.xsd",),
        ("wsi-swa.xsd",),
    ),
    Shipped(
        "xlink.xsd",
        "http://www.w3.org/1999/xlink",
        "W3C, XML Linking Language 1.1, appendix C; OGC, GML 3.1.1, xlinks.xsd",
        ("http://www.w3.org/XML/2008/06/xlink.xsd", "http://www.w3.org/1999/xlink.xsd",
         "http://schemas.opengis.net/xlink/1.0.0/xlinks.xsd"),
        ("xlinks.xsd",),
    ),
    Shipped(
        "saml-2.0.xsd",
        "urn:oasis:names:tc:SAML:2.0:assertion",
        "OASIS, Assertions and Protocols for SAML 2.0, section 2",
        ("http://docs.oasis-open.org/security/saml/v2.0/saml-schema-assertion-2.0.xsd",),
        ("saml-schema-assertion-2.0.xsd", "sstc-saml-schema-assertion-2.0.xsd"),
    ),
    Shipped(
        "saml-1.1.xsd",
        "urn:oasis:names:tc:SAML:1.0:assertion",
        "OASIS, Assertions and Protocol for SAML 1.1, section 2",
        ("http://docs.oasis-open.org/security/saml/v1.1/oasis-sstc-saml-schema-assertion-1.1.xsd",
         "http://www.oasis-open.org/committees/download.php/3408/oasis-sstc-saml-schema-assertion-1.1.xsd"),
        ("oasis-sstc-saml-schema-assertion-1.1.xsd", "cs-sstc-schema-assertion-1.1.xsd", "sstc-saml-schema-assertion-1.1.xsd"),
    ),
    Shipped(
        "xroad-identifiers.xsd",
        "http://x-road.eu/xsd/identifiers",
        "X-Road Message Protocol 4.0, annex A",
        ("http://x-road.eu/xsd/identifiers.xsd",),
        ("identifiers.xsd",),
    ),
    Shipped(
        "xroad.xsd",
        "http://x-road.eu/xsd/xroad.xsd",
        "X-Road Message Protocol 4.0, annex B; Security Server Targeting Extension; Service Metadata Protocol",
        ("http://x-road.eu/xsd/xroad/xroad.xsd",),
    ),
    Shipped(
        "xroad-representation.xsd",
        "http://x-road.eu/xsd/representation.xsd",
        "X-Road, Third Party Representation Extension 1.1",
        (),
        ("representation.xsd",),
    ),
    Shipped(
        "x-road-eu.xsd",
        "http://x-road.eu/xsd/x-road.xsd",
        "X-Road 5, message protocol 3.1 (part)",
        (),
        ("x-road.xsd",),
    ),
    Shipped(
        "x-road-ee.xsd",
        "http://x-road.ee/xsd/x-road.xsd",
        "X-Road 5, message protocol 3.1 in Estonia (part)",
    ),
    Shipped(
        "x-rd.xsd",
        "http://x-rd.net/xsd/xroad.xsd",
        "X-Road 5, message protocol 3.0 (part)",
    ),
    Shipped(
        "x-tee-2.0.xsd",
        "http://x-tee.riik.ee/xsd/xtee.xsd",
        "X-tee, message protocol 2.0 (part)",
        (),
        ("xtee.xsd",),
    ),
    Shipped(
        "ms-serialization.xsd",
        "http://schemas.microsoft.com/2003/10/Serialization/",
        "Microsoft, Data Contract Schema Reference",
    ),
    Shipped(
        "ms-arrays.xsd",
        "http://schemas.microsoft.com/2003/10/Serialization/Arrays",
        "Microsoft, Data Contract Schema Reference: collections of primitive types",
        (),
        ("arrays.xsd",),
    ),
    Shipped(
        "ms-wsdl-types.xsd",
        "http://microsoft.com/wsdl/types/",
        "Microsoft, types of XmlSerializer for char and Guid",
    ),
    Shipped(
        "apache-soap.xsd",
        "http://xml.apache.org/xml-soap",
        "Apache Axis 1, its own types",
    ),
    Shipped(
        "gml-3.1.1.xsd",
        "http://www.opengis.net/gml",
        "OGC 03-105r1, Geography Markup Language 3.1.1 (part)",
        tuple(f"http://schemas.opengis.net/gml/{version}/base/{part}.xsd"
              for version in ("3.0.1", "3.1.0", "3.1.1")
              for part in ("gml", *_GML_PARTS)),
        ("gml.xsd", "gmlsf.xsd"),
    ),
    Shipped(
        "gml-3.2.xsd",
        "http://www.opengis.net/gml/3.2",
        "OGC 07-036 / ISO 19136, Geography Markup Language 3.2.1 (part)",
        tuple(f"http://schemas.opengis.net/gml/{version}/{part}.xsd"
              for version in ("3.2.1", "3.2.2")
              for part in ("gml", *_GML_PARTS)),
        tuple(f"{part}.xsd" for part in _GML_PARTS),
    ),
)  # fmt: skip
