use super::{captures, fixture};

#[test]
fn a_waypoint_names_the_same_capture_for_ever() {
    let ids = captures(&fixture("gpxpy/gpx1.1_with_all_fields.gpx"));
    assert_eq!(ids, ["5f9e1324-b0b3-8acc-a731-bd917a94d1cb", "df5863dd-3033-8889-83f5-53e6543a94b3"]);
}
