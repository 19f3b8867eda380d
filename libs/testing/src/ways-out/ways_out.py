"""Writes what the stream, DuckDB, Polars and SQL give of one view, a JSON line for each record or row.

Called with: credentials.json, the snapshot without its ending, how many records the topic holds, the table, the folder to write to.
"""
import json
import sys

import duckdb
import polars
import psycopg
from confluent_kafka import Consumer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext
from psycopg.rows import dict_row

credentials, snapshot, count, table, out = sys.argv[1:]


def write(way, rows):
    with open(f"{out}/{way}.ndjson", "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, default=str, ensure_ascii=False) + "\n")


def stream():
    access = json.load(open(credentials))
    consumer = Consumer(
        {
            "bootstrap.servers": access["bootstrap"],
            "security.protocol": access["securityProtocol"],
            "sasl.mechanisms": access["saslMechanism"],
            "sasl.oauthbearer.method": "oidc",
            "sasl.oauthbearer.client.id": access["clientId"],
            "sasl.oauthbearer.client.secret": access["clientSecret"],
            "sasl.oauthbearer.token.endpoint.url": access["tokenUrl"],
            "group.id": access["groupPrefix"] + "ways-out",
            "auto.offset.reset": "earliest",
        }
    )
    decode = AvroDeserializer(SchemaRegistryClient({"url": access["registryUrl"]}))
    consumer.subscribe(access["topics"])
    for _ in range(int(count)):
        message = consumer.poll(60)
        if message is None or message.error():
            raise SystemExit(message and message.error() or "nothing to read within 60 seconds")
        context = SerializationContext(message.topic(), MessageField.VALUE)
        yield {"key": message.key().decode(), "value": decode(message.value(), context)}
    consumer.close()


write("python", stream())
write("polars", polars.read_parquet(f"{snapshot}.parquet").iter_rows(named=True))
relation = duckdb.sql(f"SELECT * FROM '{snapshot}.parquet'")
write("duckdb", (dict(zip(relation.columns, row)) for row in relation.fetchall()))
with psycopg.connect(row_factory=dict_row) as connection:
    write("sql", connection.execute(f"SELECT * FROM {table}"))
