//! What a device reports about itself.

use holdfast_contract::PositionSource;
use holdfast_device::WaitingCapture;

use crate::support::*;

#[test]
fn the_oldest_of_what_waits_may_be_a_capture_without_a_position() {
    let mut bench = Bench::new();
    let mut device = bench.device("a.db");
    bench.sync(&mut device);
    // When it was captured says nothing: a file may say that it was years ago.
    let long_ago = holdfast_contract::Timestamp::EPOCH;
    let den = WaitingCapture { captured_at: long_ago, ..crate::captures::waiting(&bench, "Den") };
    let den = device.capture_waiting(den).unwrap();
    bench.world.pass(90);
    device.edit(den.local_id, note("under the root"), None).unwrap();
    let reported = |bench: &mut Bench, device: &mut holdfast_device::Device| {
        let push = push_of(&device.poll().unwrap());
        let holdfast_device::Request::Push { body, .. } = &push else { unreachable!() };
        let body: serde_json::Value = serde_json::from_slice(body).unwrap();
        bench.carry(device, &push);
        bench.sync(device);
        let telemetry = &body["telemetry"];
        [telemetry["pending"].as_u64().unwrap(), telemetry["oldestPendingSeconds"].as_u64().unwrap()]
    };
    capture(&mut device, "Spring");
    bench.world.pass(10);
    assert_eq!(reported(&mut bench, &mut device), [2, 100]);
    device.fix(den.local_id, position(46.0, None), PositionSource::Manual).unwrap();
    bench.world.pass(5);
    assert_eq!(reported(&mut bench, &mut device), [1, 5], "with a position it is an operation, queued then");
}
