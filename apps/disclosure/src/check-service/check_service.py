"""The Check for National Data Opt-outs service as a mailbox sees it, for the spec beside this file: it takes each request
out of its mailbox with the NHS's own client and answers with the lines that are not named in a file."""

import sys
import time

from mesh_client import MeshClient

url, mailbox, password, shared_key, opted_out_file = sys.argv[1:]

with MeshClient(url, mailbox, password, shared_key=shared_key.encode(), verify=False) as client:
    print("ready", flush=True)
    while True:
        for message in client.iterate_all_messages():
            with open(opted_out_file, encoding="utf-8") as file:
                opted_out = set(file.read().split())
            lines = message.read().decode().splitlines(keepends=True)
            cleaned = [line for line in lines if line.split(",")[0] not in opted_out]
            client.send_message(
                message.sender,
                "".join(cleaned).encode(),
                workflow_id="SPINE_NTT_UPHOLDING_RESPONSE",
                filename=message.filename,
                local_id=message.local_id,
            )
            message.acknowledge()
        time.sleep(0.1)
