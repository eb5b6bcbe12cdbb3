"""Publishes with paho as `bench-mqtt` does with rumqttc: MQTT 5, QoS 1, TLS 1.3, so many unconfirmed at once.

Arguments: host port authority certificate key topic bytes inflight seconds. Prints the seconds from the first publish to
the last confirmation, then each message's time from publish to confirmation in milliseconds, one a line.
"""

import collections
import ssl
import sys
import threading
import time

import paho.mqtt.client as mqtt


def main():
    host, port, authority, certificate, key, topic = sys.argv[1:7]
    length, inflight, seconds = int(sys.argv[7]), int(sys.argv[8]), float(sys.argv[9])
    version = mqtt.CallbackAPIVersion.VERSION2
    client = mqtt.Client(version, client_id="bench-paho", protocol=mqtt.MQTTv5)
    client.tls_set(authority, certificate, key, tls_version=ssl.PROTOCOL_TLS_CLIENT)
    client.max_inflight_messages_set(inflight)
    connected = threading.Event()
    client.on_connect = lambda *_: connected.set()
    room = threading.Semaphore(inflight)
    # Mosquitto confirms in the order of publishing.
    sent, took = collections.deque(), []

    def confirmed(*_):
        took.append(time.perf_counter() - sent.popleft())
        room.release()

    client.on_publish = confirmed
    client.connect(host, int(port))
    client.loop_start()
    if not connected.wait(10):
        sys.exit("the broker does not answer")
    payload = b"x" * length
    begun = time.perf_counter()
    while time.perf_counter() - begun < seconds:
        room.acquire()
        sent.append(time.perf_counter())
        if client.publish(topic, payload, qos=1).rc != mqtt.MQTT_ERR_SUCCESS:
            sys.exit("paho could not publish")
    for _ in range(inflight):
        room.acquire()
    elapsed = time.perf_counter() - begun
    client.disconnect()
    client.loop_stop()
    print(elapsed)
    for one in took:
        print(one * 1e3)


if __name__ == "__main__":
    main()
