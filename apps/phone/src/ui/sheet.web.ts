import "./web.css";
