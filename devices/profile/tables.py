"""The tables and keys of a profile for instruments that speak in bytes; Modbus adds its own in devices.modbus."""

from __future__ import annotations

from devices.profile.fields import Key, Kind, Table

LINE = r"\d{2,7} [5678][NEOMS](1|1\.5|2)|ask"
SYMBOL = r"[a-z0-9]+([.-][a-z0-9]+)*"
LEVELS = ("on", "off", "leave")
CHECKSUMS = ("xor", "sum8", "sum16", "lrc", "crc16-modbus", "crc16-ccitt")
CHECKSUM_FORMS = ("binary", "binary-swapped", "hex", "hex-lower")

PROFILE = Table(
    "profile",
    "What the profile describes and where its facts come from.",
    (
        Key(
            "id",
            Kind.TEXT,
            "Lower-case words joined by dots and dashes, like mitutoyo.digimatic-13.",
            True,
            pattern=SYMBOL,
        ),
        Key("version", Kind.INTEGER, "Counts up with every change of the profile.", True, minimum=1, maximum=1_000_000),
        Key("title", Kind.TEXT, "The instrument in a few words, as a person would call it.", True),
        Key("maker", Kind.TEXT, "Who makes the instrument.", True),
        Key("family", Kind.TEXT, "What it measures.", True, pattern=r"[a-z]+( [a-z]+)*"),
        Key("source", Kind.TEXT, "The manual (number and section) or code the facts were read in.", True),
        Key("certainty", Kind.TEXT, "How the facts are known.", True, choices=("manual", "code", "secondhand")),
        Key(
            "unsolicited",
            Kind.TEXT,
            "What makes it send unasked.",
            choices=("never", "button", "foot switch", "stream"),
        ),
        Key("notes", Kind.TEXT, "What a person should know before using it."),
    ),
    required=True,
)

SERIAL = Table(
    "serial",
    "How the serial port is opened.",
    (
        Key(
            "line",
            Kind.TEXT,
            "Baud rate and format like '9600 8N1', or 'ask' when no source is certain.",
            True,
            pattern=LINE,
        ),
        Key("candidates", Kind.TEXTS, "Settings worth trying when the line is 'ask'.", pattern=LINE),
        Key("dtr", Kind.TEXT, "Level of DTR while open.", choices=LEVELS),
        Key("rts", Kind.TEXT, "Level of RTS while open.", choices=LEVELS),
        Key("break", Kind.TEXT, "Level of BREAK (TXD) while open.", choices=LEVELS),
        Key("flow", Kind.TEXT, "Flow control.", choices=("none", "xon/xoff", "rts/cts", "dsr/dtr")),
        Key("open_delay_ms", Kind.INTEGER, "Wait after opening before the first request.", minimum=0, maximum=60_000),
    ),
)

CHECKSUM = (
    Key("kind", Kind.TEXT, "How it is computed.", True, choices=CHECKSUMS),
    Key("form", Kind.TEXT, "How it is written at the end of the frame.", True, choices=CHECKSUM_FORMS),
    Key("from", Kind.INTEGER, "First byte of the frame that it covers.", minimum=0, maximum=255),
)

FRAMING = Table(
    "framing",
    "How the stream of bytes is cut into frames.",
    (
        Key(
            "kind", Kind.TEXT, "How a frame ends.", True, choices=("line", "fixed", "marks", "length", "gap", "nibbles")
        ),
        Key("start", Kind.TEXT, "Bytes every frame begins with (fixed, marks, length); nibbles: hexadecimal digits."),
        Key("end", Kind.TEXT, "Bytes that end a frame; for lines 'any' takes CR, LF and CR LF alike."),
        Key("max", Kind.INTEGER, "Longest frame in bytes; longer ones are thrown away.", minimum=1, maximum=4096),
        Key("size", Kind.INTEGER, "Length of a fixed frame in bytes (nibbles: in nibbles).", minimum=1, maximum=4096),
        Key("strip", Kind.TEXT, "Characters taken off both ends of a frame."),
        Key(
            "gap_ms",
            Kind.INTEGER,
            "Silence that ends a frame, or throws away an unfinished one; 300 for lines where it is left out.",
            minimum=1,
            maximum=10_000,
        ),
        Key("length_at", Kind.INTEGER, "Position of the length field.", minimum=0, maximum=255),
        Key("length_bytes", Kind.INTEGER, "Size of the length field.", minimum=1, maximum=4),
        Key("length_order", Kind.TEXT, "Byte order of the length field.", choices=("big", "little")),
        Key(
            "length_adds",
            Kind.INTEGER,
            "Bytes of a frame that its length field does not count.",
            minimum=-255,
            maximum=255,
        ),
        Key("packing", Kind.TEXT, "Nibbles in a byte.", choices=("single", "low-first", "high-first")),
        Key("checksum", Kind.TABLE, "The check at the end of each frame.", keys=CHECKSUM),
    ),
)

PULSE = (
    Key("line", Kind.TEXT, "Control line.", True, choices=("dtr", "rts", "break")),
    Key("level", Kind.TEXT, "Level during the pulse.", True, choices=("on", "off")),
    Key("ms", Kind.INTEGER, "Length of the pulse.", True, minimum=1, maximum=5000),
)

REQUEST = Table(
    "request",
    "How the host asks for a reading.",
    (
        Key("read", Kind.TEXT, "Bytes to send; {channel} stands for the channel's name."),
        Key("pulse", Kind.TABLE, "A pulse on a control line instead of bytes.", keys=PULSE),
        Key("channels", Kind.TEXTS, "Channels that can be asked for; '1' when left out.", pattern=r"[!-~]{1,20}"),
        Key("timeout_ms", Kind.INTEGER, "How long the answer may take.", True, minimum=10, maximum=120_000),
        Key(
            "late_window_ms",
            Kind.INTEGER,
            "After a time-out: how long a late answer may still come. Nothing is booked meanwhile.",
            True,
            minimum=10,
            maximum=120_000,
        ),
        Key("min_gap_ms", Kind.INTEGER, "Quiet between an answer and the next request.", minimum=0, maximum=60_000),
        Key("safe", Kind.FLAG, "True when the request changes nothing in any instrument, so that probe may send it."),
    ),
)

STREAM = Table(
    "stream",
    "Continuous output that the host switches.",
    (
        Key("start", Kind.TEXT, "Bytes that start it."),
        Key("stop", Kind.TEXT, "Bytes that stop it."),
        Key("stop_on_open", Kind.FLAG, "Stop what the last program may have left running."),
        Key("silent_after_ms", Kind.INTEGER, "Silence that means trouble.", minimum=50, maximum=3_600_000),
    ),
)

RECORD = Table(
    "record",
    "A kind of record; the first that matches a whole frame counts. Error records stand before readings.",
    (
        Key("name", Kind.TEXT, "What people call it."),
        Key("kind", Kind.TEXT, "What it means.", True, choices=("error", "reading", "event", "scan", "ignore", "list")),
        Key("match", Kind.TEXT, "Pattern of the whole frame; see devices/profile/patterns.py.", True),
        Key("channel", Kind.TEXT, "Channel, when the record does not carry it.", pattern=r"[!-~]{1,20}"),
        Key("channels", Kind.MAP, "Channel as sent to channel as named."),
        Key("unit", Kind.TEXT, "Unit of every value, or 'station' when the station must say."),
        Key("units", Kind.MAP, "Unit as sent to unit; '' is the unit left out."),
        Key("signs", Kind.MAP, "Sign as sent to '+' or '-'."),
        Key("statuses", Kind.MAP, "Status as sent to 'good', 'uncertain: why' or 'bad: why'."),
        Key("sentinels", Kind.MAP, "Texts in the value's place that are no value, each with what they mean."),
        Key("reason", Kind.TEXT, "What an error or event means; {code} stands for the captured code."),
        Key("reasons", Kind.MAP, "Captured code to what it means."),
        Key("decimal_mark", Kind.TEXT, "Decimal mark.", choices=(".", ",", "?")),
        Key("blanks", Kind.FLAG, "Blanks may stand inside the number and mean nothing."),
        Key("decimals", Kind.INTEGER, "Decimals of a number sent without its point.", minimum=0, maximum=12),
        Key("scale", Kind.DECIMAL, "Exact factor, as a text."),
        Key("offset", Kind.DECIMAL, "Added after the factor, as a text."),
        Key("places", Kind.INTEGER, "Decimals kept after factor and offset, half to even.", minimum=0, maximum=12),
        Key("trigger", Kind.TEXT, "What made it send.", choices=("button", "foot switch", "request", "stream")),
        Key(
            "wraps_at",
            Kind.DECIMAL,
            "The display can show more than the record can carry: beyond this, digits are lost.",
        ),
        Key("separator", Kind.TEXT, "What stands between the items of a list."),
        Key(
            "first_channel",
            Kind.INTEGER,
            "Number of the first item's channel, when place says channel.",
            minimum=0,
            maximum=99,
        ),
        Key("items_per_channel", Kind.INTEGER, "Items that belong to one channel (1).", minimum=1, maximum=9),
        Key("item", Kind.FLAG, "This record is an item of a list, never a frame of its own."),
    ),
    many=True,
)

EXPECT = (
    Key("channel", Kind.TEXT, "Channel."),
    Key("value", Kind.DECIMAL, "The value with its decimals."),
    Key("unit", Kind.TEXT, "Unit; 'station' when the record has none."),
    Key("error", Kind.TEXT, "Words of the reason of a bad reading."),
    Key("quality", Kind.TEXT, "Quality of the value.", choices=("good", "uncertain", "bad")),
    Key("trigger", Kind.TEXT, "What made it send.", choices=("button", "foot switch", "request", "poll", "stream")),
    Key("text", Kind.TEXT, "Text of a scan."),
)

TEST = Table(
    "test",
    "Bytes and what must become of them: at least one value, one error and one garbage.",
    (
        Key("name", Kind.TEXT, "What is tested.", True),
        Key("bytes", Kind.TEXT, "Bytes as a text (Latin-1)."),
        Key("hex", Kind.TEXT, "Bytes in hexadecimal.", pattern=r"([0-9A-Fa-f]{2}\s*)+"),
        Key("asked", Kind.TEXT, "Channel that was asked for just before."),
        Key(
            "expect",
            Kind.TABLES,
            "What is expected, in order; an empty list: nothing may be booked.",
            True,
            keys=EXPECT,
        ),
    ),
    many=True,
    required=True,
)

SIMULATE = Table(
    "simulate",
    "How it is simulated; which fields the templates may have stands in devices/profile/templates.py.",
    (
        Key("reply", Kind.TEXT, "Template of a reading, without the frame's marks."),
        Key("unit", Kind.TEXT, "Unit as sent."),
        Key("other_unit", Kind.TEXT, "Another unit as sent, for the fault 'unit'."),
        Key("delay_ms", Kind.INTEGERS, "Shortest and longest time to an answer.", minimum=0, maximum=60_000),
        Key("faults", Kind.MAP, "What it sends in a fault: error, overload, ident, event."),
        Key("echo", Kind.FLAG, "It sends each command back before the answer."),
    ),
)

BYTE_TABLES = (PROFILE, SERIAL, FRAMING, REQUEST, STREAM, RECORD, TEST, SIMULATE)
COMMANDS_HELP = "Other commands by name: bytes that the host may send, such as zero or hold."
